/**
 * The packed columns of a source (`source_columns`), little-endian, written when its build is complete:
 *
 *     density, max, mean, min    float64 [features]
 *     token_class                uint16 [features]: 0 for none, else 1 + a place among the names; then the names, UTF-8, "\n" between them
 *     contexts                   int32 [features + 1] offsets, then int32 [offsets[features]]: each feature's contexts, rising, once each
 *
 * They repeat what the rows say, so that a catalog of 131,072 features is sorted and searched soon after it is opened. Blobs of another
 * size are as if they were not there; `verify` compares the others with the rows.
 */
import { LoupeError } from '../../../shared/errors.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';
import { exampleContexts, figureRows, mostExamples, packedColumn, packedColumnNames, putPackedColumn } from '../tables/columns.ts';
import { sources } from '../tables/sources.ts';
import type { SourceRow } from '../tables/sources.ts';

export const figureNames = ['density', 'max', 'mean', 'min'] as const;
export type FigureName = (typeof figureNames)[number];

/** A source that claims more is not believed: its columns would take gigabytes. */
export const mostFeatures = 2 ** 24;

const mostNames = 65_535;
/** Context ids are marked in a mask of one byte each: a file that claims larger ones is read through its rows. */
const mostContextId = 2 ** 26;
const namesBytes = 1 << 20;

/** One name a feature: `codes` 0 for none, else 1 + a place in `names`. */
export interface Codes {
  /** uint16 [features] */
  readonly codes: Uint16Array;
  readonly names: readonly string[];
}

/** Which contexts each feature has examples in. */
export interface ContextLists {
  /** int32 [features + 1] */
  readonly offsets: Int32Array;
  /** int32 [offsets[features]]: contexts of feature f from offsets[f] to offsets[f + 1], rising */
  readonly contexts: Int32Array;
  /** The largest context id. */
  readonly last: number;
}

export interface Figures {
  /** float64 [features], NaN where the feature is not there */
  readonly columns: Readonly<Record<FigureName, Float64Array>>;
  readonly tokenClass: Codes;
  /** uint8 [features]: whether the row is there */
  readonly present: Uint8Array;
}

/** Names as codes in order of first use. More than 65,535 different ones do not fit: the rest counts as none. */
export class Coder {
  readonly names: string[] = [];
  readonly #codes = new Map<string, number>();

  code(name: unknown): number {
    if (typeof name !== 'string' || name === '') return 0;
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    if (this.names.length >= mostNames) return 0;
    this.#codes.set(name, this.names.push(name));
    return this.names.length;
  }
}

const number = (cell: unknown): number => (typeof cell === 'number' ? cell : NaN);

/** The figures as the rows have them. */
export function figuresOfRows(db: ReadHandle, source: SourceRow): Figures {
  const make = (): Float64Array => new Float64Array(source.features).fill(NaN);
  const columns = { density: make(), max: make(), mean: make(), min: make() };
  const coder = new Coder();
  const codes = new Uint16Array(source.features);
  const present = new Uint8Array(source.features);
  for (const [index, density, max, mean, min, tokenClass] of figureRows(db, source.id)) {
    const i = number(index);
    if (!(i < source.features)) continue;
    present[i] = 1;
    columns.density[i] = number(density);
    columns.max[i] = number(max);
    columns.mean[i] = number(mean);
    columns.min[i] = number(min);
    codes[i] = coder.code(tokenClass);
  }
  return { columns, tokenClass: { codes, names: coder.names }, present };
}

/** The contexts of each feature as the rows have them. Null where an id is beyond 2^26, which no catalog of ours has. */
export function contextsOfRows(db: ReadHandle, source: SourceRow): ContextLists | null {
  const offsets = new Int32Array(source.features + 1);
  const contexts: number[] = [];
  let [at, own]: [number, number[]] = [0, []];
  const end = (): void => {
    own.sort((a, b) => a - b).forEach((context, i) => { if (i === 0 || context !== own[i - 1]) contexts.push(context); });
    offsets[at + 1] = contexts.length;
    own = [];
  };
  for (const [feature, context] of exampleContexts(db, source.id)) {
    const f = number(feature);
    if (!(f >= 0 && f < source.features) || !(number(context) >= 0 && number(context) < mostContextId)) return null;
    for (; at < f; at++) end();
    if (own.push(number(context)) > mostExamples) return null;
  }
  for (; at < source.features; at++) end();
  return contextLists(offsets, Int32Array.from(contexts));
}

function contextLists(offsets: Int32Array, contexts: Int32Array): ContextLists {
  let last = 0;
  for (let i = 0; i < contexts.length; i++) if (contexts[i]! > last) last = contexts[i]!;
  return { offsets, contexts, last };
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer;
}

/** A packed figure, float64 [features]; null where there is none of the right size. */
export function packedFigure(db: ReadHandle, source: SourceRow, name: FigureName): Float64Array | null {
  const bytes = packedColumn(db, source.id, name, (n) => n === 8 * source.features);
  return bytes === null ? null : new Float64Array(aligned(bytes));
}

export function packedTokenClass(db: ReadHandle, source: SourceRow): Codes | null {
  const bytes = packedColumn(db, source.id, 'token_class', (n) => n >= 2 * source.features && n <= 2 * source.features + namesBytes);
  if (bytes === null) return null;
  const codes = new Uint16Array(aligned(bytes), 0, source.features);
  const text = new TextDecoder().decode(bytes.subarray(2 * source.features));
  const names = text === '' ? [] : text.split('\n');
  return codes.every((code) => code <= names.length) ? { codes, names } : null;
}

/** Packed contexts, checked so far that no offset leads outside; null where there are none. */
export function packedContexts(db: ReadHandle, source: SourceRow): ContextLists | null {
  const head = 4 * (source.features + 1);
  const bytes = packedColumn(db, source.id, 'contexts', (n) => n % 4 === 0 && n >= head && n <= head + 4 * mostExamples * source.features);
  if (bytes === null) return null;
  const all = new Int32Array(aligned(bytes));
  const [offsets, contexts] = [all.subarray(0, source.features + 1), all.subarray(source.features + 1)];
  if (offsets[0] !== 0 || offsets[source.features] !== contexts.length) return null;
  for (let f = 0; f < source.features; f++) if (offsets[f + 1]! < offsets[f]!) return null;
  for (let i = 0; i < contexts.length; i++) if (contexts[i]! < 0 || contexts[i]! >= mostContextId) return null;
  return contextLists(offsets, contexts);
}

/** The packed columns of a source by name, made from its rows. */
function pack(db: ReadHandle, source: SourceRow): Map<string, Uint8Array> {
  const { columns, tokenClass } = figuresOfRows(db, source);
  const bytes = (array: Float64Array | Uint16Array | Int32Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const packed = new Map<string, Uint8Array>(figureNames.map((name) => [name, bytes(columns[name])]));
  const names = new TextEncoder().encode(tokenClass.names.map((name) => name.replaceAll('\n', ' ')).join('\n'));
  packed.set('token_class', Buffer.concat([bytes(tokenClass.codes), names]));
  const lists = contextsOfRows(db, source);
  if (lists !== null) packed.set('contexts', Buffer.concat([bytes(lists.offsets), bytes(lists.contexts)]));
  return packed;
}

/** Writes the packed columns of a complete source out of its rows. Called inside the transaction that completes it. Kind defect before. */
export function packSource(db: WriteHandle, source: SourceRow): void {
  if (!source.complete) throw new LoupeError('defect', `source ${source.id} is packed before it is complete`);
  for (const [name, data] of pack(db, source)) putPackedColumn(db, source.id, name, data);
}

/** Packs the complete sources that have no packed columns: those of a catalog from before there were any. */
export function packMissing(db: WriteHandle): null {
  for (const source of sources(db)) {
    if (source.complete && packedColumnNames(db, source.id).length === 0) db.transaction(() => packSource(db, source));
  }
  return null;
}

/** What of the packed columns differs from the rows, in words; a source need not have any, and those of an incomplete one are not read. */
export function packedProblems(db: ReadHandle, source: SourceRow): string[] {
  const names = source.complete ? packedColumnNames(db, source.id) : [];
  if (names.length === 0) return [];
  if (source.features > mostFeatures) return [`source ${source.id} claims ${source.features} features`];
  const expected = pack(db, source);
  return names.flatMap((name) => {
    const wanted = expected.get(name);
    if (wanted === undefined) return [`source ${source.id} has a packed column ${JSON.stringify(name)} that it should not have`];
    const stored = packedColumn(db, source.id, name, (n) => n === wanted.byteLength);
    return stored !== null && Buffer.compare(stored, wanted) === 0 ? [] : [`the packed column ${name} of source ${source.id} says otherwise than its rows`];
  });
}
