/** `stores`, `contexts` and the text index over contexts. */
import { bytesOf, asInt32, limits } from '../blobs.ts';
import { blob, integer, text } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface StoreRow {
  readonly id: number;
  readonly model: number;
  readonly hash: string;
  readonly corpusName: string;
  readonly corpusHash: string;
  readonly contextLength: number;
}

export interface ContextRow {
  readonly id: number;
  readonly store: number;
  readonly number: number;
  /** int32 [context length] */
  readonly tokens: Int32Array;
  /** int32 [runs, 2]: first position, document */
  readonly documents: Int32Array;
}

export function stores(db: ReadHandle): StoreRow[] {
  return db.all('SELECT id, model, hash, corpus_name, corpus_hash, context_length FROM stores ORDER BY id').map((row) => ({
    id: integer(row, 'id'), model: integer(row, 'model'), hash: text(row, 'hash', 200), corpusName: text(row, 'corpus_name', 1000),
    corpusHash: text(row, 'corpus_hash', 200), contextLength: integer(row, 'context_length'),
  }));
}

export function findStore(db: ReadHandle, hash: string): number | null {
  const row = db.get('SELECT id FROM stores WHERE hash = ?', hash);
  return row === undefined ? null : integer(row, 'id');
}

export function addStore(db: WriteHandle, store: Omit<StoreRow, 'id'>): number {
  return db.run(
    'INSERT INTO stores (model, hash, corpus_name, corpus_hash, context_length) VALUES (?, ?, ?, ?, ?)',
    store.model, store.hash, store.corpusName, store.corpusHash, store.contextLength,
  ).id;
}

function toContext(row: Row): ContextRow {
  return {
    id: integer(row, 'id'), store: integer(row, 'store'), number: integer(row, 'number'),
    tokens: asInt32(blob(row, 'tokens', 4, 4 * limits.contextTokens)), documents: asInt32(blob(row, 'documents', 8, 8 * limits.contextTokens)),
  };
}

export function context(db: ReadHandle, id: number): ContextRow | null {
  const row = db.get('SELECT id, store, number, tokens, documents FROM contexts WHERE id = ?', id);
  return row === undefined ? null : toContext(row);
}

/** Ids after `after` in order, at most `limit`: for walking over all contexts in pages. */
export function contextsAfter(db: ReadHandle, after: number, limit: number): ContextRow[] {
  return db.all('SELECT id, store, number, tokens, documents FROM contexts WHERE id > ? ORDER BY id LIMIT ?', after, limit).map(toContext);
}

/** Ids of all contexts of a store, in order. */
export function contextIds(db: ReadHandle, store: number): number[] {
  const ids: number[] = [];
  for (const [id] of db.each('SELECT id FROM contexts WHERE store = ? ORDER BY id', store)) if (typeof id === 'number') ids.push(id);
  return ids;
}

export function findContext(db: ReadHandle, store: number, number: number): number | null {
  const row = db.get('SELECT id FROM contexts WHERE store = ? AND number = ?', store, number);
  return row === undefined ? null : integer(row, 'id');
}

/** The context `by` places further on in the same store, where the catalog holds it. */
export function contextBeside(db: ReadHandle, { store, number }: Pick<ContextRow, 'store' | 'number'>, by: number): ContextRow | null {
  const row = db.get('SELECT id, store, number, tokens, documents FROM contexts WHERE store = ? AND number = ?', store, number + by);
  return row === undefined ? null : toContext(row);
}

/** Stores a context and indexes `words`, its plain text. */
export function addContext(db: WriteHandle, row: Omit<ContextRow, 'id'>, words: string): number {
  const { id } = db.run('INSERT INTO contexts (store, number, tokens, documents) VALUES (?, ?, ?, ?)', row.store, row.number, bytesOf(row.tokens), bytesOf(row.documents));
  db.run('INSERT INTO contexts_fts (rowid, text) VALUES (?, ?)', id, words);
  return id;
}

export interface ContextHit {
  readonly feature: number;
  readonly context: number;
}

/** Ids of the contexts that match an FTS5 query. */
function matchingContexts(db: ReadHandle, match: string): Set<number> {
  const ids = new Set<number>();
  for (const [id] of db.each('SELECT rowid FROM contexts_fts WHERE contexts_fts MATCH ?', match)) ids.add(Number(id));
  return ids;
}

/** Few contexts: each one's features by the index. */
function hitsByIndex(db: ReadHandle, source: number, match: string, limit: number): ContextHit[] {
  return db.all(
    `SELECT e.feature AS feature, min(e.context) AS context FROM contexts_fts c CROSS JOIN examples e ON e.context = c.rowid AND e.source = ?
     WHERE contexts_fts MATCH ? GROUP BY e.feature ORDER BY e.feature LIMIT ?`,
    source, match, limit,
  ).map((row) => ({ feature: integer(row, 'feature'), context: integer(row, 'context') }));
}

/** Many contexts: examples in feature order until there are enough. */
function hitsByScan(db: ReadHandle, source: number, matching: ReadonlySet<number>, limit: number): ContextHit[] {
  const hits: ContextHit[] = [];
  const found = new Map<number, number>();
  for (const [feature, context] of db.each('SELECT feature, context FROM examples WHERE source = ? ORDER BY feature', source)) {
    const [f, c] = [Number(feature), Number(context)];
    if (hits.length >= limit && !found.has(f)) break;
    if (!matching.has(c)) continue;
    const before = found.get(f);
    if (before === undefined) hits.push({ feature: f, context: c });
    else if (c < before) hits[hits.length - 1] = { feature: f, context: c };
    found.set(f, Math.min(c, before ?? c));
  }
  return hits;
}

/**
 * The first `limit` features of a source, in index order, with an example in a context that matches an FTS5 query, and the first such
 * context. Takes whichever way is expected to touch fewer rows: a rare word has few contexts, a common one is in the first features.
 */
export function featuresByContext(db: ReadHandle, source: number, match: string, limit: number): ContextHit[] {
  const matching = matchingContexts(db, match);
  if (matching.size === 0) return [];
  const { contexts, features } = sizes(db, source);
  const share = Math.min(1, matching.size / Math.max(1, contexts));
  const examplesEach = 45;
  const byIndex = share * features * examplesEach;
  const byScan = (limit * examplesEach) / (1 - (1 - share) ** examplesEach);
  return byIndex < byScan ? hitsByIndex(db, source, match, limit) : hitsByScan(db, source, matching, limit);
}

function sizes(db: ReadHandle, source: number): { contexts: number; features: number } {
  const row = db.get('SELECT coalesce((SELECT max(id) FROM contexts), 0) AS contexts, coalesce((SELECT features FROM sources WHERE id = ?), 0) AS features', source)!;
  return { contexts: integer(row, 'contexts'), features: integer(row, 'features') };
}
