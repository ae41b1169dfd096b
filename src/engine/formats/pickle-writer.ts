/** Writing pickles of protocol 2: dicts, tuples, strings, integers, and globals that are called. torch.load(weights_only=True) reads them. */
import { LoupeError } from '../../shared/errors.ts';

/** Python bytes of a pickled value, to be put together by the functions below. */
export type Pickled = readonly Uint8Array[];

const opcode = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

/** A whole number within 2^53. */
export function pickledInteger(value: number): Pickled {
  if (!Number.isSafeInteger(value)) throw new LoupeError('defect', `${value} is no integer to pickle`);
  if (value >= 0 && value < 256) return [opcode(0x4b, value)];
  const small = value >= -(2 ** 31) && value < 2 ** 31;
  const bytes = Buffer.alloc(small ? 5 : 10);
  bytes.set(small ? [0x4a] : [0x8a, 8]);
  if (small) bytes.writeInt32LE(value, 1);
  else bytes.writeBigInt64LE(BigInt(value), 2);
  return [bytes];
}

export function pickledString(value: string): Pickled {
  const text = Buffer.from(value);
  const length = Buffer.alloc(5, 0x58);
  length.writeUInt32LE(text.byteLength, 1);
  return [length, text];
}

export const pickledFalse: Pickled = [opcode(0x89)];

export function pickledTuple(items: readonly Pickled[]): Pickled {
  return [opcode(0x28), ...items.flat(), opcode(0x74)];
}

export function pickledDict(entries: Readonly<Record<string, Pickled>>): Pickled {
  return [opcode(0x7d, 0x28), ...Object.entries(entries).flatMap(([key, value]) => [...pickledString(key), ...value]), opcode(0x75)];
}

/** A class or function by module and name. */
export function pickledGlobal(module: string, name: string): Pickled {
  return [Buffer.from(`c${module}\n${name}\n`)];
}

export function pickledCall(callee: Pickled, args: readonly Pickled[]): Pickled {
  return [...callee, ...pickledTuple(args), opcode(0x52)];
}

/** What the loader is asked for by this id: a storage of torch. */
export function pickledPersistent(id: Pickled): Pickled {
  return [...id, opcode(0x51)];
}

/** The whole pickle. */
export function pickleBytes(value: Pickled): Buffer {
  return Buffer.concat([opcode(0x80, 2), ...value, opcode(0x2e)]);
}
