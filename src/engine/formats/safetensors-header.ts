/**
 * The header of a safetensors file: 8 bytes of little-endian length, that many bytes of JSON, then the data.
 *
 * Files come from strangers. The length is checked against the file's real size before anything is allocated, every
 * range must lie in the file, be as long as dtype and shape say, overlap no other, and no name may come twice.
 */
import { LoupeError } from '../../shared/errors.ts';

/** Bytes of one element. */
export const dtypeBytes = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, U8: 1, BOOL: 1 } as const;
export type SafetensorsDtype = keyof typeof dtypeBytes;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly elements: number;
  /** First byte in the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** First byte of the data. */
  readonly dataStart: number;
}

/** The header length that the format's own reader accepts at most. */
const maxHeaderBytes = 100_000_000;

function broken(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is not a usable safetensors file: ${what}. Fetch or save it again.`);
}

/** The header's length out of the file's first 8 bytes. Kind bad-file when it cannot be true of a file of `fileBytes`. */
export function headerLength(first8: Uint8Array, fileBytes: number, path: string): number {
  if (fileBytes < 8 || first8.byteLength < 8) throw broken(path, `it has ${fileBytes} bytes and a header needs at least 8`);
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(fileBytes - 8)) throw broken(path, `its header claims ${length} bytes, the file has ${fileBytes}`);
  if (length > BigInt(maxHeaderBytes)) throw broken(path, `its header claims ${length} bytes, more than ${maxHeaderBytes}`);
  return Number(length);
}

/** Parses and checks the JSON of a header of a file of `fileBytes`. Kind bad-file names the file and the entry. */
export function parseHeader(json: Uint8Array, fileBytes: number, path: string): SafetensorsHeader {
  const fields = parseObject(json, path);
  const dataStart = 8 + json.byteLength;
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(fields)) {
    if (name !== '__metadata__') entries.set(name, parseEntry(name, value, dataStart, fileBytes, path));
  }
  refuseOverlap(entries, path);
  return { entries, metadata: parseMetadata(fields['__metadata__'], path), dataStart };
}

function parseObject(json: Uint8Array, path: string): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    value = JSON.parse(text);
  } catch (cause) {
    throw broken(path, `its header is not JSON (${(cause as Error).message})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(path, 'its header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw broken(path, `its header names ${JSON.stringify(twice)} twice`);
  return value as Record<string, unknown>;
}

/** A key that the top level of a valid JSON object has twice; JSON.parse would silently keep the last. */
function duplicateKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i]!;
    if (unit === '{' || unit === '[') depth++;
    else if (unit === '}' || unit === ']') depth--;
    else if (unit === '"') {
      const end = stringEnd(text, i);
      // A string at depth 1 is a key: a value there would be no description of a tensor, which is refused elsewhere.
      if (depth === 1) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        if (seen.has(key)) return key;
        seen.add(key);
      }
      i = end;
    }
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `start`. */
function stringEnd(text: string, start: number): number {
  let end = start + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end;
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  const bad = typeof value !== 'object' || Array.isArray(value) || Object.values(value).some((v) => typeof v !== 'string');
  if (bad) throw broken(path, 'its __metadata__ is not an object of strings');
  return value as Record<string, string>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseEntry(name: string, value: unknown, dataStart: number, fileBytes: number, path: string): TensorEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (typeof value !== 'object' || value === null) throw broken(path, `${label} is not described by an object`);
  const { dtype, shape, data_offsets: range } = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype)) throw unknownDtype(path, label, dtype);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw broken(path, `${label} has the shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount)) throw broken(path, `${label} has no valid data_offsets`);
  const [start, end] = range as [number, number];
  if (start > end || dataStart + end > fileBytes) {
    throw broken(path, `${label} lies at bytes ${start} to ${end} of ${fileBytes - dataStart} there are: it is cut off`);
  }
  const elements = shape.reduce((a: number, b: number) => a * b, 1);
  const bytes = elements * dtypeBytes[dtype as SafetensorsDtype];
  if (bytes !== end - start) throw broken(path, `${label} needs ${bytes} bytes as ${dtype} [${shape.join(', ')}] but has ${end - start}`);
  return { name, dtype: dtype as SafetensorsDtype, shape: shape as number[], elements, offset: dataStart + start, bytes };
}

function unknownDtype(path: string, label: string, dtype: unknown): LoupeError {
  const known = Object.keys(dtypeBytes).join(', ');
  return new LoupeError('unsupported', `${path}: ${label} has the dtype ${JSON.stringify(dtype)}. Loupe reads ${known}; convert the file.`);
}

function refuseOverlap(entries: ReadonlyMap<string, TensorEntry>, path: string): void {
  const ordered = [...entries.values()].filter((entry) => entry.bytes > 0).sort((a, b) => a.offset - b.offset);
  for (let i = 1; i < ordered.length; i++) {
    const [before, after] = [ordered[i - 1]!, ordered[i]!];
    if (before.offset + before.bytes > after.offset) {
      throw broken(path, `tensors ${JSON.stringify(before.name)} and ${JSON.stringify(after.name)} overlap`);
    }
  }
}
