/**
 * Reading safetensors: one file or a sharded Hugging Face folder, by slices. Nothing is read that was not asked for.
 *
 * The writer is in safetensors-writer.ts and re-exported here.
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { decodeBfloat16, decodeFloat16 } from './float16.ts';
import { dtypeBytes, headerLength, parseHeader, type SafetensorsHeader, type TensorEntry } from './safetensors-header.ts';

export { openSafetensorsWriter, safetensorsLayout, writeSafetensors, type SafetensorsWriter, type TensorData, type TensorSpec } from './safetensors-writer.ts';
export type { SafetensorsDtype, TensorEntry } from './safetensors-header.ts';

/** An open safetensors file. Element counts default to the whole tensor; slices are of the flattened, row-major tensor. */
export interface SafetensorsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Raw bytes of `count` elements from `first`. Kind not-found for an unknown name, with the nearest. */
  readBytes(name: string, first?: number, count?: number): Uint8Array<ArrayBuffer>;
  /** float32 [count]; from F32, F16, BF16, F64, I32, I64, U8 or BOOL. */
  readFloat32(name: string, first?: number, count?: number): Float32Array<ArrayBuffer>;
  /** int32 [count]; from I32, I64 (kind bad-file when a value does not fit), U8 or BOOL. */
  readInt32(name: string, first?: number, count?: number): Int32Array<ArrayBuffer>;
  /** Half-precision bit patterns, uint16 [count]; from F16 alone, without conversion. `out`, when it is long enough, is filled in place of a new array. */
  readFloat16Bits(name: string, first?: number, count?: number, out?: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer>;
  close(): void;
}

/** Reads exactly `length` bytes at `position`, or throws kind bad-file: the file became shorter while it was open. */
export function readExactly(fd: number, position: number, length: number, path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  readInto(fd, position, bytes, path);
  return bytes;
}

/** Fills `bytes` from `position`; kind bad-file when the file ends before. */
export function readInto(fd: number, position: number, bytes: Uint8Array, path: string): void {
  for (let done = 0; done < bytes.byteLength; ) {
    const read = readSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), position + done);
    if (read === 0) throw new LoupeError('bad-file', `${path} ends after ${position + done} bytes: it was cut off while it was being read.`);
    done += read;
  }
}

/** Opens a file for reading. Kinds: not-found when it cannot be opened, bad-file for a folder. */
export function openToRead(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new LoupeError('not-found', `cannot open ${path} (${code}). Check the path.`, undefined, { cause });
  }
  if (!fstatSync(fd).isDirectory()) return fd;
  closeSync(fd);
  throw new LoupeError('bad-file', `${path} is a folder, and a file is wanted. Name one of its files.`);
}

/** Opens one file and checks its whole header. Kinds: not-found, bad-file, unsupported (a dtype). */
export function openSafetensors(path: string): SafetensorsFile {
  const fd = openToRead(path);
  try {
    return new OpenFile(path, fd, readHeader(fd, path));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function readHeader(fd: number, path: string): SafetensorsHeader {
  const { size } = fstatSync(fd);
  const length = headerLength(readExactly(fd, 0, Math.min(8, size), path), size, path);
  return parseHeader(readExactly(fd, 8, length, path), size, path);
}

class OpenFile implements SafetensorsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  #fd: number | null;

  constructor(path: string, fd: number, header: SafetensorsHeader) {
    this.path = path;
    this.entries = header.entries;
    this.metadata = header.metadata;
    this.#fd = fd;
  }

  readBytes(name: string, first = 0, count?: number): Uint8Array<ArrayBuffer> {
    const [entry, elements] = this.#slice(name, first, count);
    const width = dtypeBytes[entry.dtype];
    return readExactly(this.#open(), entry.offset + first * width, elements * width, this.path);
  }

  readFloat32(name: string, first = 0, count?: number): Float32Array<ArrayBuffer> {
    const { buffer } = this.readBytes(name, first, count);
    switch (this.#entry(name).dtype) {
      case 'F32': return new Float32Array(buffer);
      case 'F16': return decodeFloat16(new Uint16Array(buffer)) as Float32Array<ArrayBuffer>;
      case 'BF16': return decodeBfloat16(new Uint16Array(buffer)) as Float32Array<ArrayBuffer>;
      case 'F64': return new Float32Array(new Float64Array(buffer));
      case 'I32': return new Float32Array(new Int32Array(buffer));
      case 'I64': return Float32Array.from(new BigInt64Array(buffer), Number);
      case 'U8': case 'BOOL': return new Float32Array(new Uint8Array(buffer));
    }
  }

  readInt32(name: string, first = 0, count?: number): Int32Array<ArrayBuffer> {
    const { dtype } = this.#entry(name);
    if (dtype !== 'I32' && dtype !== 'I64' && dtype !== 'U8' && dtype !== 'BOOL') {
      throw new LoupeError('mismatch', `${this.path}: tensor ${name} is ${dtype}, and integers are wanted.`);
    }
    const { buffer } = this.readBytes(name, first, count);
    if (dtype === 'I32') return new Int32Array(buffer);
    return dtype === 'I64' ? narrow(new BigInt64Array(buffer), name, this.path) : new Int32Array(new Uint8Array(buffer));
  }

  readFloat16Bits(name: string, first = 0, count?: number, out?: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
    const [{ dtype, offset }, elements] = this.#slice(name, first, count);
    if (dtype !== 'F16') throw new LoupeError('mismatch', `${this.path}: tensor ${name} is ${dtype}, and F16 is wanted.`);
    const bits = out !== undefined && out.length >= elements ? out.subarray(0, elements) : new Uint16Array(elements);
    readInto(this.#open(), offset + first * 2, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength), this.path);
    return bits;
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    if (this.#fd === null) throw new LoupeError('disposed', `${this.path} was closed and cannot be read any more.`);
    return this.#fd;
  }

  #entry(name: string): TensorEntry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw noTensor(this.path, name, this.entries.keys());
    return entry;
  }

  #slice(name: string, first: number, count: number | undefined): [TensorEntry, number] {
    const entry = this.#entry(name);
    const elements = count ?? entry.elements - first;
    const fits = Number.isSafeInteger(first) && Number.isSafeInteger(elements) && first >= 0 && elements >= 0 && first + elements <= entry.elements;
    if (!fits) throw new LoupeError('bad-request', `${this.path}: ${elements} elements from ${first} are not in ${name}, which has ${entry.elements}.`);
    return [entry, elements];
  }
}

function noTensor(path: string, name: string, names: Iterable<string>): LoupeError {
  const near = nearestName(name, names);
  return new LoupeError('not-found', `${path} has no tensor ${name}${near === undefined ? '' : `; the nearest is ${near}`}.`);
}

function narrow(values: BigInt64Array, name: string, path: string): Int32Array<ArrayBuffer> {
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = Number(values[i]);
    if (BigInt(out[i]!) !== values[i]) throw new LoupeError('bad-file', `${path}: ${name}[${i}] is ${values[i]}, which is no 32-bit integer.`);
  }
  return out;
}

/** A Hugging Face model folder's weights as one file: `model.safetensors`, or the shards that the index lists. */
export function openSafetensorsFolder(folder: string): SafetensorsFile {
  const index = join(folder, 'model.safetensors.index.json');
  if (existsSync(index)) return openShards(folder, index);
  const single = join(folder, 'model.safetensors');
  if (existsSync(single)) return openSafetensors(single);
  throw new LoupeError('not-found', `${folder} has neither model.safetensors nor model.safetensors.index.json. Save the model as safetensors.`);
}

function shardNames(index: string): Map<string, string> {
  let map: unknown;
  try {
    if (statSync(index).size > 100_000_000) throw new Error('over 100 MB');
    map = (JSON.parse(readFileSync(index, 'utf8')) as { weight_map?: unknown }).weight_map;
  } catch (cause) {
    throw new LoupeError('bad-file', `${index} is not a usable index (${(cause as Error).message}). Fetch it again.`);
  }
  const bad = typeof map !== 'object' || map === null || Object.values(map).some((file) => typeof file !== 'string' || basename(file) !== file || file === '..');
  if (bad) throw new LoupeError('bad-file', `${index} has no weight_map from tensor names to file names of the same folder.`);
  return new Map(Object.entries(map as Record<string, string>));
}

function openShards(folder: string, index: string): SafetensorsFile {
  const weightMap = shardNames(index);
  const files = new Map<string, SafetensorsFile>();
  const close = (): void => files.forEach((file) => file.close());
  try {
    const entries = new Map<string, TensorEntry>();
    for (const [name, shard] of weightMap) {
      if (!files.has(shard)) files.set(shard, openSafetensors(join(folder, shard)));
      const file = files.get(shard)!;
      const entry = file.entries.get(name);
      if (entry === undefined) throw noTensor(file.path, name, file.entries.keys());
      entries.set(name, entry);
    }
    const of = (name: string): SafetensorsFile => {
      const shard = weightMap.get(name);
      if (shard === undefined) throw noTensor(folder, name, weightMap.keys());
      return files.get(shard)!;
    };
    return {
      path: folder, entries, metadata: {}, close,
      readBytes: (name, first, count) => of(name).readBytes(name, first, count),
      readFloat32: (name, first, count) => of(name).readFloat32(name, first, count),
      readInt32: (name, first, count) => of(name).readInt32(name, first, count),
      readFloat16Bits: (name, first, count, out) => of(name).readFloat16Bits(name, first, count, out),
    };
  } catch (error) {
    close();
    throw error;
  }
}
