/**
 * GGUF files: metadata and tensors, read by slices.
 *
 * Why not @huggingface/gguf: it believes the counts and lengths of the file (an array of 2^60 items is looped over, a
 * string's length is allocated), and these files come from strangers. This reader bounds each by the file's real size.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { LoupeError, nearestName } from '../../shared/errors.ts';
import { GgufCursor, type GgufValue } from './gguf-cursor.ts';
import { ggufTypes, otherGgufTypes, type GgufType } from './gguf-quants.ts';
import { readExactly } from './safetensors.ts';

export type { GgufValue } from './gguf-cursor.ts';

export interface GgufTensor {
  readonly name: string;
  /** Row-major, outermost first (the file has them the other way round). */
  readonly shape: readonly number[];
  readonly elements: number;
  readonly type: GgufType;
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface GgufFile {
  readonly path: string;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The whole tensor as float32 [elements]; into `out` when given. Kind not-found for an unknown name, with the nearest. */
  readFloat32(name: string, out?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer>;
  /** Raw bytes from `first`, at most `count`, of a tensor as it lies in the file. */
  readBytes(name: string, first: number, count: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

const magic = 0x46554747; // "GGUF"
const chunkValues = 1 << 20;

/** Opens a file and checks everything but the weights. Kinds: not-found, bad-file, unsupported (a weight type, a version). */
export function openGguf(path: string): GgufFile {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw new LoupeError('not-found', `cannot open ${path} (${(cause as NodeJS.ErrnoException).code}). Check the path.`, undefined, { cause });
  }
  try {
    const cursor = new GgufCursor(fd, fstatSync(fd).size, path);
    const version = readVersion(cursor);
    const tensorCount = cursor.count('the number of tensors', 24);
    const metadata = readMetadata(cursor, cursor.count('the number of metadata entries', 12));
    return new OpenGguf(fd, path, version, metadata, readTensors(cursor, tensorCount, metadata));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function readVersion(cursor: GgufCursor): number {
  if (cursor.fileBytes < 24 || cursor.u32('the magic number') !== magic) throw cursor.broken('it does not begin with "GGUF"');
  const version = cursor.u32('the version');
  if (version === 2 || version === 3) return version;
  throw new LoupeError('unsupported', `${cursor.path} is GGUF version ${version}; Loupe reads versions 2 and 3. Convert the file again.`);
}

function readMetadata(cursor: GgufCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.string('a metadata key');
    if (metadata.has(key)) throw cursor.broken(`it has the metadata key ${JSON.stringify(key)} twice`);
    metadata.set(key, cursor.value(JSON.stringify(key)));
  }
  return metadata;
}

interface RawTensor {
  readonly name: string;
  readonly shape: number[];
  readonly typeNumber: number;
  readonly start: number;
}

function readTensor(cursor: GgufCursor): RawTensor {
  const name = cursor.string('a tensor name');
  const dimensions = cursor.u32(`the rank of ${name}`);
  if (dimensions > 4) throw cursor.broken(`tensor ${name} has ${dimensions} dimensions`);
  const shape: number[] = [];
  for (let i = 0; i < dimensions; i++) shape.unshift(cursor.count(`a dimension of ${name}`, 0));
  return { name, shape, typeNumber: cursor.u32(`the type of ${name}`), start: cursor.count(`the offset of ${name}`, 0) };
}

function readTensors(cursor: GgufCursor, count: number, metadata: ReadonlyMap<string, GgufValue>): Map<string, GgufTensor> {
  const alignment = metadata.get('general.alignment') ?? 32;
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 65536 || alignment % 1 !== 0) throw cursor.broken(`its alignment is ${String(alignment)}`);
  const raw: RawTensor[] = [];
  for (let i = 0; i < count; i++) raw.push(readTensor(cursor));
  const dataStart = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const tensor of raw) {
    if (tensors.has(tensor.name)) throw cursor.broken(`it has the tensor ${tensor.name} twice`);
    tensors.set(tensor.name, placed(tensor, dataStart, cursor));
  }
  refuseOverlap(tensors, cursor);
  return tensors;
}

function placed({ name, shape, typeNumber, start }: RawTensor, dataStart: number, cursor: GgufCursor): GgufTensor {
  const type = ggufTypes.get(typeNumber);
  if (type === undefined) throw unknownType(cursor.path, name, typeNumber);
  const elements = shape.reduce((a, b) => a * b, 1);
  const rowValues = shape.at(-1) ?? 1;
  const bytes = (elements / type.blockValues) * type.blockBytes;
  if (!Number.isSafeInteger(elements) || rowValues % type.blockValues !== 0) {
    throw cursor.broken(`tensor ${name} has the shape [${shape.join(', ')}], which ${type.name} cannot hold`);
  }
  if (dataStart + start + bytes > cursor.fileBytes) {
    throw cursor.broken(`tensor ${name} ends at byte ${dataStart + start + bytes} of ${cursor.fileBytes}: the file is cut off`);
  }
  return { name, shape, elements, type, offset: dataStart + start, bytes };
}

function unknownType(path: string, name: string, typeNumber: number): LoupeError {
  const label = otherGgufTypes[typeNumber] ?? `number ${typeNumber}`;
  const known = [...ggufTypes.values()].map((type) => type.name).join(', ');
  return new LoupeError('unsupported', `${path}: tensor ${name} has the weight type ${label}. Loupe reads ${known}; fetch the model in one of these.`);
}

function refuseOverlap(tensors: ReadonlyMap<string, GgufTensor>, cursor: GgufCursor): void {
  const ordered = [...tensors.values()].filter((tensor) => tensor.bytes > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < ordered.length; i++) {
    const [before, after] = [ordered[i - 1]!, ordered[i]!];
    if (before.offset + before.bytes > after.offset) throw cursor.broken(`tensors ${before.name} and ${after.name} overlap`);
  }
}

class OpenGguf implements GgufFile {
  readonly path: string;
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  #fd: number | null;

  constructor(fd: number, path: string, version: number, metadata: ReadonlyMap<string, GgufValue>, tensors: ReadonlyMap<string, GgufTensor>) {
    this.#fd = fd;
    this.path = path;
    this.version = version;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  readFloat32(name: string, out?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const { type, elements } = this.#tensor(name);
    const values = out ?? new Float32Array(elements);
    for (let done = 0; done < elements; done += chunkValues) {
      const blocks = Math.min(chunkValues, elements - done) / type.blockValues;
      type.dequantise(this.readBytes(name, (done / type.blockValues) * type.blockBytes, blocks * type.blockBytes), blocks, values, done);
    }
    return values;
  }

  readBytes(name: string, first: number, count: number): Uint8Array<ArrayBuffer> {
    const tensor = this.#tensor(name);
    if (this.#fd === null) throw new LoupeError('disposed', `${this.path} was closed and cannot be read any more.`);
    return readExactly(this.#fd, tensor.offset + first, Math.max(0, Math.min(count, tensor.bytes - first)), this.path);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #tensor(name: string): GgufTensor {
    const tensor = this.tensors.get(name);
    if (tensor !== undefined) return tensor;
    const near = nearestName(name, this.tensors.keys());
    throw new LoupeError('not-found', `${this.path} has no tensor ${name}${near === undefined ? '' : `; the nearest is ${near}`}.`);
  }
}
