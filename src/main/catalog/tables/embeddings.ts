/**
 * `encoders` and `embeddings`: for each feature, the direction of one text in the space of a sentence encoder.
 *
 * A text is the current label; of a feature without one, words of its strongest examples (kind `examples`; the text itself is not kept
 * a second time). A feature that has neither a label nor an example is kind `none`.
 */
import { LoupeError } from '../../../shared/errors.ts';
import { limits } from '../blobs.ts';
import { blob, integer, text, textOrNull } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';

export const embeddingKinds = ['label', 'examples', 'none'] as const;
export type EmbeddingKind = (typeof embeddingKinds)[number];

export interface EncoderRow {
  readonly id: number;
  readonly name: string;
  readonly hash: string;
  readonly dim: number;
  /** Rises with every change of its vectors. */
  readonly revision: number;
}

export interface EmbeddingRow {
  readonly feature: number;
  readonly kind: EmbeddingKind;
  /** The label that was embedded; empty for the other kinds. */
  readonly text: string;
  /** float32 scale, then int8 [dim] */
  readonly vector: Uint8Array;
}

const maxEncoders = 100;
const maxDim = 65_536;

export function encoders(db: ReadHandle): EncoderRow[] {
  return db.all('SELECT id, name, hash, dim, revision FROM encoders ORDER BY id LIMIT ?', maxEncoders).map((row) => ({
    id: integer(row, 'id'), name: text(row, 'name', 1000), hash: text(row, 'hash', 200), dim: integer(row, 'dim'), revision: integer(row, 'revision'),
  }));
}

export function findEncoder(db: ReadHandle, hash: string): EncoderRow | null {
  return encoders(db).find((row) => row.hash === hash) ?? null;
}

export function addEncoder(db: WriteHandle, row: Omit<EncoderRow, 'id'>): number {
  return db.run('INSERT INTO encoders (name, hash, dim, revision) VALUES (?, ?, ?, ?)', row.name, row.hash, row.dim, row.revision).id;
}

export function bumpRevision(db: WriteHandle, encoder: number): void {
  db.run('UPDATE encoders SET revision = revision + 1 WHERE id = ?', encoder);
}

export function putEmbedding(db: WriteHandle, encoder: number, source: number, row: EmbeddingRow): void {
  db.run(
    'INSERT OR REPLACE INTO embeddings (encoder, source, feature, kind, text, vector) VALUES (?, ?, ?, ?, ?, ?)',
    encoder, source, row.feature, row.kind, row.text, row.vector,
  );
}

function kindOf(value: unknown): EmbeddingKind {
  const kind = embeddingKinds.find((known) => known === value);
  if (kind === undefined) throw new LoupeError('bad-file', `the catalog is damaged: an embedding has the unknown kind ${JSON.stringify(String(value).slice(0, 40))}.`);
  return kind;
}

/** The vectors of a source in index order, one at a time. Nothing else may run on the handle meanwhile. */
export function* embeddingsOf(db: ReadHandle, encoder: Pick<EncoderRow, 'id' | 'dim'>, source: number): Generator<EmbeddingRow> {
  const bytes = vectorBytes(encoder.dim);
  for (const [feature, kind, words, vector] of db.each('SELECT feature, kind, text, vector FROM embeddings WHERE encoder = ? AND source = ? ORDER BY feature', encoder.id, source)) {
    const row = { feature, text: words, vector };
    yield { feature: integer(row, 'feature'), kind: kindOf(kind), text: text(row, 'text', limits.label), vector: blob(row, 'vector', bytes, bytes) };
  }
}

/** Bytes of one vector. Kind bad-file for a width that no encoder has. */
export function vectorBytes(dim: number): number {
  if (!(dim >= 1 && dim <= maxDim)) throw new LoupeError('bad-file', `the catalog is damaged: an encoder has vectors of ${dim} numbers.`);
  return 4 + dim;
}

/** What of a feature has no vector, or that of another text. */
const stale = `(e.feature IS NULL OR (f.labelled = 1 AND (e.kind <> 'label' OR e.text <> f.label)) OR (f.labelled = 0 AND e.kind = 'label'))`;
const beside = 'FROM features f LEFT JOIN embeddings e ON e.encoder = ? AND e.source = f.source AND e.feature = f.idx';

/** Features after `after`, in order, whose text `encoder` has not embedded (0: an encoder that the catalog does not know yet). */
export function staleFeatures(db: ReadHandle, encoder: number, source: number, after: number, limit: number): { index: number; label: string | null }[] {
  return db.all(`SELECT f.idx AS idx, f.label AS label ${beside} WHERE f.source = ? AND f.idx > ? AND ${stale} ORDER BY f.idx LIMIT ?`, encoder, source, after, limit)
    .map((row) => ({ index: integer(row, 'idx'), label: textOrNull(row, 'label', limits.label) }));
}

/** Whether any feature of a source has a vector: a look at one row. */
export function hasEmbeddings(db: ReadHandle, encoder: number, source: number): boolean {
  return db.get('SELECT 1 AS found FROM embeddings WHERE encoder = ? AND source = ? LIMIT 1', encoder, source) !== undefined;
}

/** How many features have a vector, how many of these of their label, and how many want one. */
export function embeddingCounts(db: ReadHandle, encoder: number, source: number): { embedded: number; labels: number; stale: number } {
  const row = db.get(
    `SELECT count(e.feature) AS embedded, count(CASE WHEN e.kind = 'label' THEN 1 END) AS labels, count(CASE WHEN ${stale} THEN 1 END) AS stale ${beside} WHERE f.source = ?`,
    encoder, source,
  )!;
  return { embedded: integer(row, 'embedded'), labels: integer(row, 'labels'), stale: integer(row, 'stale') };
}
