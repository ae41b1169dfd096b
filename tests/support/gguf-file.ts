/** Builds small GGUF files for tests: valid ones, and ones whose bytes are then damaged. */
export type TestValue = string | number | boolean | readonly string[] | readonly number[];

export interface TestTensor {
  readonly name: string;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};
export const u64 = (value: number | bigint): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};
export const ggufString = (text: string): Buffer => Buffer.concat([u64(Buffer.byteLength(text)), Buffer.from(text)]);
const f32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeFloatLE(value);
  return out;
};
const i32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeInt32LE(value);
  return out;
};

/** Integers are written as u32 (i32 inside arrays), other numbers as f32. */
function typedValue(value: TestValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([u32(8), ggufString(value)]);
  if (typeof value === 'boolean') return Buffer.concat([u32(7), Buffer.from([value ? 1 : 0])]);
  if (typeof value === 'number') return Number.isInteger(value) ? Buffer.concat([u32(4), u32(value)]) : Buffer.concat([u32(6), f32(value)]);
  if (typeof value[0] === 'string') return Buffer.concat([u32(9), u32(8), u64(value.length), ...value.map((item) => ggufString(item as string))]);
  const integers = (value as readonly number[]).every((item) => Number.isInteger(item));
  return Buffer.concat([u32(9), u32(integers ? 5 : 6), u64(value.length), ...value.map((item) => (integers ? i32 : f32)(item as number))]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((32 - (bytes.byteLength % 32)) % 32)]);
}

/** The bytes of a GGUF file of version 3. */
export function ggufFile(metadata: Readonly<Record<string, TestValue>>, tensors: readonly TestTensor[]): Buffer {
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
  for (const [key, value] of Object.entries(metadata)) head.push(ggufString(key), typedValue(value));
  let offset = 0;
  for (const { name, shape, type, bytes } of tensors) {
    head.push(ggufString(name), u32(shape.length), ...shape.toReversed().map((n) => u64(n)), u32(type), u64(offset));
    offset += padded(bytes).byteLength;
  }
  return Buffer.concat([padded(Buffer.concat(head)), ...tensors.map((tensor) => padded(tensor.bytes))]);
}

/** A float32 tensor. */
export function f32Tensor(name: string, shape: readonly number[], values: Float32Array): TestTensor {
  return { name, shape, type: 0, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
