/** Watches how much memory one allocation of a typed array or buffer asks for: a hostile size shows here before any page is touched. */
const watched = ['ArrayBuffer', 'Uint8Array', 'Int8Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'Array'] as const;

let largest = 0;

function note(size: number): void {
  if (size > largest) largest = size;
}

/** Bytes that a constructor's first argument asks for; arrays of plain values count 8 each. */
function asked(type: { readonly BYTES_PER_ELEMENT?: number; readonly name: string }, first: unknown): number {
  if (typeof first !== 'number') return 0;
  return first * (type.BYTES_PER_ELEMENT ?? (type.name === 'Array' ? 8 : 1));
}

/** Replaces the constructors of this process by ones that note sizes. To be called before the code under test runs. */
export function watchAllocations(): void {
  const all = globalThis as unknown as Record<string, new (...args: unknown[]) => object>;
  for (const name of watched) {
    const original = all[name]!;
    const proxy: typeof original = new Proxy(original, {
      construct: (target, args, newTarget) => {
        note(asked(target as never, args[0]));
        return Reflect.construct(target, args, newTarget === proxy ? target : newTarget) as object;
      },
    });
    all[name] = proxy;
  }
  for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const) {
    const original = Buffer[name].bind(Buffer);
    Buffer[name] = ((size: number, ...rest: []) => {
      note(size);
      return original(size, ...rest);
    }) as typeof Buffer.alloc;
  }
}

/** The largest single allocation since the last call, in bytes. */
export function takeLargest(): number {
  const result = largest;
  largest = 0;
  return result;
}
