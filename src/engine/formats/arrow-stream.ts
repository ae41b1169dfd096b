/**
 * Arrow IPC streams (the `.arrow` files of Hugging Face datasets), read by slices of rows: columns of numbers, and of lists and lists
 * of lists of numbers that all have one length. Record batches are found by their headers; bodies are read only where asked.
 *
 * The apache-arrow package reads whole record batches into memory; activation caches have batches of hundreds of megabytes.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import { decodeFloat16 } from './float16.ts';
import { FlatTable } from './flatbuffer.ts';
import { readExactly } from './safetensors.ts';

const maxMetadataBytes = 16 << 20;
const types = { int: 2, float: 3, binary: 4, utf8: 5, bool: 6, list: 12, fixedSizeList: 16 };
const bytesOf = { int32: 4, int64: 8, float16: 2, float32: 4, float64: 8 } as const;
type Leaf = keyof typeof bytesOf;

/** A field of the schema: its lists, from outside in, and the numbers inside. */
interface Field {
  readonly name: string;
  /** Per list level: null where lengths vary by row (an offsets buffer says), else the length. */
  readonly levels: readonly (number | null)[];
  /** null for a column that Loupe has no use for (text, booleans). */
  readonly leaf: Leaf | null;
  readonly buffers: number;
}

/** One column in one record batch. */
interface Part {
  readonly firstRow: number;
  readonly rows: number;
  /** First byte of the values in the file. */
  readonly values: number;
  /** Offsets buffers that must step by `step` for the values to be where they are expected. */
  readonly offsets: readonly { readonly position: number; readonly count: number; readonly step: number }[];
}

export interface ArrowColumn {
  readonly name: string;
  readonly leaf: Leaf;
  /** Length of each list level: [contexts' length, width] of an Array2D. */
  readonly shape: readonly number[];
  readonly parts: readonly Part[];
}

export interface ArrowStream {
  readonly path: string;
  readonly rows: number;
  /** Columns of numbers; others are left out. */
  readonly columns: ReadonlyMap<string, ArrowColumn>;
  /** float32 [count * the column's shape] of rows [first, first + count) of a float column. */
  readFloat32(column: ArrowColumn, first: number, count: number): Float32Array;
  /** int32 [count * the column's shape] of an integer column. */
  readInt32(column: ArrowColumn, first: number, count: number): Int32Array;
  close(): void;
}

function broken(path: string, what: string): LoupeError {
  return new LoupeError('bad-file', `${path} is not a usable Arrow stream: ${what}. Write or fetch it again.`);
}

function unsupported(path: string, what: string): LoupeError {
  return new LoupeError('unsupported', `${path}: ${what}. Save the activations as .npy or safetensors instead.`);
}

function leafOf(type: number, details: FlatTable | null): Leaf | null {
  if (type === types.float) return (['float16', 'float32', 'float64'] as const)[details?.short(0) ?? 0] ?? null;
  if (type !== types.int) return null;
  const bits = details?.int(0);
  return bits === 32 ? 'int32' : bits === 64 ? 'int64' : null;
}

function parseField(table: FlatTable, path: string, depth = 0): Field {
  const [name, type, details] = [table.text(0), table.byte(2), table.table(3)];
  if (type === types.list || type === types.fixedSizeList) {
    const inner = table.tables(5)[0];
    if (inner === undefined || depth > 4) throw unsupported(path, `the column ${name} is nested too deeply`);
    const child = parseField(inner, path, depth + 1);
    const level = type === types.list ? null : details?.int(0) ?? 0;
    return { name, levels: [level, ...child.levels], leaf: child.leaf, buffers: child.buffers + (type === types.list ? 2 : 1) };
  }
  if (type === types.int || type === types.float || type === types.bool) return { name, levels: [], leaf: leafOf(type, details), buffers: 2 };
  if (type === types.utf8 || type === types.binary) return { name, levels: [], leaf: null, buffers: 3 };
  throw unsupported(path, `the column ${name} has a type that Loupe does not read (${type})`);
}

interface Message {
  readonly kind: number;
  readonly header: FlatTable;
  /** First byte of the body in the file. */
  readonly body: number;
  readonly bodyLength: number;
}

/** The messages of the stream, by their headers alone. */
function* messages(fd: number, size: number, path: string): Generator<Message> {
  for (let at = 0; at + 8 <= size; ) {
    const view = new DataView(readExactly(fd, at, 8, path).buffer);
    const marked = view.getUint32(0, true) === 0xffffffff;
    const length = view.getInt32(marked ? 4 : 0, true);
    const start = at + (marked ? 8 : 4);
    if (length === 0) return;
    if (length < 0 || length > maxMetadataBytes || start + length > size) throw broken(path, `a message at byte ${at} claims ${length} bytes`);
    const table = new FlatTable(new DataView(readExactly(fd, start, length, path).buffer));
    const [header, bodyLength, body] = [table.table(2), table.long(3), start + length];
    if (header === null || !(bodyLength >= 0) || body + bodyLength > size) throw broken(path, `a message at byte ${at} is cut off`);
    yield { kind: table.byte(1), header, body, bodyLength };
    at = body + bodyLength;
  }
}

interface Growing {
  readonly field: Field;
  shape: readonly number[] | null;
  readonly parts: Part[];
}

/** Where one column's values lie in a record batch; takes its nodes and buffers off the front of the lists. */
function columnPart(column: Growing, nodes: (readonly [number, number])[], buffers: (readonly [number, number])[], message: Message, firstRow: number, path: string): void {
  const { field } = column;
  const own = { nodes: nodes.splice(0, field.levels.length + 1), buffers: buffers.splice(0, field.buffers) };
  if (field.leaf === null) return;
  if (own.nodes.length !== field.levels.length + 1 || own.buffers.length !== field.buffers) throw broken(path, `a record batch lacks parts of the column ${field.name}`);
  if (own.nodes.some(([, nulls]) => nulls !== 0)) throw unsupported(path, `the column ${field.name} has missing values`);
  const lengths = own.nodes.map(([length]) => length);
  const shape = field.levels.map((fixed, level) => fixed ?? lengths[level + 1]! / lengths[level]!);
  const fits = lengths[0]! > 0 && shape.every((n, level) => Number.isSafeInteger(n) && n > 0 && lengths[level]! * n === lengths[level + 1]);
  if (!fits || (column.shape !== null && column.shape.join() !== shape.join())) throw unsupported(path, `the lists of the column ${field.name} have different lengths`);
  const place = ([offset, length]: readonly [number, number], needed: number): number => {
    if (!(offset >= 0 && length >= needed && offset + length <= message.bodyLength)) throw broken(path, `a buffer of the column ${field.name} lies outside its record batch`);
    return message.body + offset;
  };
  const offsets: Part['offsets'][number][] = [];
  let buffer = 0;
  for (const [level, fixed] of field.levels.entries()) {
    if (fixed === null) offsets.push({ position: place(own.buffers[buffer + 1]!, (lengths[level]! + 1) * 4), count: lengths[level]! + 1, step: shape[level]! });
    buffer += fixed === null ? 2 : 1;
  }
  column.shape = shape;
  column.parts.push({ firstRow, rows: lengths[0]!, values: place(own.buffers[buffer + 1]!, lengths.at(-1)! * bytesOf[field.leaf]), offsets });
}

function readColumns(fd: number, path: string): { readonly rows: number; readonly columns: ReadonlyMap<string, ArrowColumn> } {
  let columns: Growing[] | null = null;
  let rows = 0;
  for (const message of messages(fd, fstatSync(fd).size, path)) {
    if (message.kind === 1) columns = message.header.tables(1).map((field) => ({ field: parseField(field, path), shape: null, parts: [] }));
    else if (message.kind !== 3) throw unsupported(path, 'it holds dictionaries or other messages');
    else if (columns === null) throw broken(path, 'a record batch comes before the schema');
    else {
      if (message.header.table(3) !== null) throw unsupported(path, 'its record batches are compressed');
      const length = message.header.long(0);
      const [nodes, buffers] = [message.header.pairs(1), message.header.pairs(2)];
      for (const column of length > 0 ? columns : []) columnPart(column, nodes, buffers, message, rows, path);
      if (columns.some(({ parts }) => parts.length > 0 && length > 0 && parts.at(-1)!.rows !== length)) throw broken(path, 'a column is shorter than its record batch');
      rows += length;
    }
  }
  if (columns === null) throw broken(path, 'it has no schema');
  const numbers = columns.filter(({ field, shape }) => field.leaf !== null && shape !== null);
  return { rows, columns: new Map(numbers.map(({ field, shape, parts }) => [field.name, { name: field.name, leaf: field.leaf!, shape: shape!, parts }])) };
}

/** Opens a stream file and finds its record batches. Kinds: not-found, bad-file, unsupported. */
export function openArrowStream(path: string): ArrowStream {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    throw new LoupeError('not-found', `cannot open ${path} (${(cause as NodeJS.ErrnoException).code}). Check the path.`, undefined, { cause });
  }
  try {
    const { rows, columns } = readColumns(fd, path);
    const checked = new Set<Part>();
    return {
      path, rows, columns,
      readFloat32: (column, first, count) => concatenated(Float32Array, pieces(fd, path, column, first, count, checked), (bytes) => floats(column, bytes, path)),
      readInt32: (column, first, count) => concatenated(Int32Array, pieces(fd, path, column, first, count, checked), (bytes) => integers(column, bytes, path)),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    if (error instanceof LoupeError) throw error;
    throw broken(path, (error as Error).message);
  }
}

/** The raw bytes of rows [first, first + count), one piece a record batch. */
function* pieces(fd: number, path: string, column: ArrowColumn, first: number, count: number, checked: Set<Part>): Generator<ArrayBuffer> {
  const bytes = column.shape.reduce((a, b) => a * b, 1) * bytesOf[column.leaf];
  for (const part of column.parts) {
    const [from, to] = [Math.max(first, part.firstRow), Math.min(first + count, part.firstRow + part.rows)];
    if (from >= to) continue;
    if (!checked.has(part)) checkOffsets(fd, path, part);
    checked.add(part);
    yield readExactly(fd, part.values + (from - part.firstRow) * bytes, (to - from) * bytes, path).buffer;
  }
}

/** Lists that only add up to the right length, but are uneven or begin elsewhere, would give wrong rows. */
function checkOffsets(fd: number, path: string, part: Part): void {
  for (const { position, count, step } of part.offsets) {
    const offsets = new Int32Array(readExactly(fd, position, count * 4, path).buffer);
    if (offsets.some((offset, i) => offset !== i * step)) throw unsupported(path, 'its lists have different lengths');
  }
}

function concatenated<T extends Float32Array | Int32Array>(type: new (n: number) => T, buffers: Iterable<ArrayBuffer>, decode: (buffer: ArrayBuffer) => T): T {
  const parts = Array.from(buffers, decode);
  if (parts.length === 1) return parts[0]!;
  const out = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function floats({ name, leaf }: ArrowColumn, buffer: ArrayBuffer, path: string): Float32Array {
  if (leaf === 'float32') return new Float32Array(buffer);
  if (leaf === 'float16') return decodeFloat16(new Uint16Array(buffer));
  if (leaf === 'float64') return new Float32Array(new Float64Array(buffer));
  throw new LoupeError('mismatch', `${path}: the column ${name} holds integers, and activations are wanted.`);
}

function integers({ name, leaf }: ArrowColumn, buffer: ArrayBuffer, path: string): Int32Array {
  if (leaf === 'int32') return new Int32Array(buffer);
  if (leaf !== 'int64') throw new LoupeError('mismatch', `${path}: the column ${name} holds ${leaf}, and token ids are wanted.`);
  return Int32Array.from(new BigInt64Array(buffer), (value) => {
    if (BigInt.asIntN(32, value) !== value) throw broken(path, `${name} holds ${value}`);
    return Number(value);
  });
}
