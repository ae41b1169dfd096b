/** Whole columns: out of the rows of `features`, `labels` and `examples`, and packed in `source_columns`. */
import { blob, integer } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';

/** Bytes of a packed column, read only when they are `allowed`; null where there are none. */
export function packedColumn(db: ReadHandle, source: number, name: string, allowed: (bytes: number) => boolean): Uint8Array | null {
  const row = db.get('SELECT length(data) AS bytes FROM source_columns WHERE source = ? AND name = ?', source, name);
  if (row === undefined || !allowed(integer(row, 'bytes'))) return null;
  return blob(db.get('SELECT data FROM source_columns WHERE source = ? AND name = ?', source, name)!, 'data', 1, integer(row, 'bytes'));
}

/** Names of at most 100 packed columns of a source. */
export function packedColumnNames(db: ReadHandle, source: number): string[] {
  return db.table('SELECT name FROM source_columns WHERE source = ? ORDER BY name LIMIT 100', source).map(([name]) => String(name).slice(0, 100));
}

export function putPackedColumn(db: WriteHandle, source: number, name: string, data: Uint8Array): void {
  db.run('INSERT OR REPLACE INTO source_columns (source, name, data) VALUES (?, ?, ?)', source, name, data);
}

/** A row of figures: [idx, density, max, mean, min, token_class], by index. Cells are as the file has them, unchecked. */
export function figureRows(db: ReadHandle, source: number): readonly (readonly unknown[])[] {
  return db.table('SELECT idx, density, max, mean, min, token_class FROM features WHERE source = ? ORDER BY idx', source);
}

const labelCells = 'idx, labelled, label_id, label_kind, confidence, family, score, notes';

/** A row of what labels gave: [idx, labelled, label_id, label_kind, confidence, family, score, notes]. Features without any are left out. */
export function labelRows(db: ReadHandle, source: number): readonly (readonly unknown[])[] {
  return db.table(`SELECT ${labelCells} FROM features WHERE source = ? AND (labelled = 1 OR family IS NOT NULL OR score IS NOT NULL OR notes = 1)`, source);
}

/** The same for all features whose row changed after `revision`. */
export function changedLabelRows(db: ReadHandle, source: number, revision: number): readonly (readonly unknown[])[] {
  return db.table(`SELECT ${labelCells} FROM features WHERE source = ? AND changed > 0 AND changed > ?`, source, revision);
}

/** The newest change of a source's features; 0 before any. */
export function lastChange(db: ReadHandle, source: number): number {
  return integer(db.get('SELECT coalesce(max(changed), 0) AS changed FROM features WHERE source = ? AND changed > 0', source)!, 'changed');
}

/** One row of JSON is much faster to fetch than a hundred thousand rows of one number. */
function numbers(db: ReadHandle, sql: string, ...values: readonly (string | number)[]): number[] {
  return JSON.parse(String(db.get(sql, ...values)!['numbers'])) as number[];
}

/** Indices of labelled features by the text of their label, case ignored. */
export function featuresByLabel(db: ReadHandle, source: number): number[] {
  return numbers(db, 'SELECT json_group_array(idx) AS numbers FROM (SELECT idx FROM features WHERE source = ? AND labelled = 1 ORDER BY label COLLATE NOCASE, idx)', source);
}

/** [feature, author of its current label] of every labelled feature. */
export function labelAuthors(db: ReadHandle, source: number): readonly (readonly unknown[])[] {
  return db.table('SELECT f.idx, l.author FROM features f CROSS JOIN labels l ON l.id = f.label_id WHERE f.source = ? AND f.labelled = 1', source);
}

/** Indices of the features of a source in a list that was not deleted. */
export function featuresInList(db: ReadHandle, source: number, list: number): number[] {
  return numbers(db, `SELECT json_group_array(i.feature) AS numbers FROM list_items i JOIN lists l ON l.id = i.list
    WHERE i.list = ? AND i.source = ? AND l.deleted_at IS NULL`, list, source);
}

/** Lists that were not deleted, with how many features of a source each holds; at most 1,000. */
export function listSizes(db: ReadHandle, source: number): { readonly id: number; readonly name: string; readonly features: number }[] {
  return db.all(
    `SELECT l.id AS id, l.name AS name, (SELECT count(*) FROM list_items i WHERE i.list = l.id AND i.source = ?) AS features
     FROM lists l WHERE l.deleted_at IS NULL ORDER BY l.name LIMIT 1000`, source,
  ).map((row) => ({ id: integer(row, 'id'), name: String(row['name']).slice(0, 200), features: integer(row, 'features') }));
}

/** Ids of the contexts that match an FTS5 query. */
export function matchingContexts(db: ReadHandle, match: string): number[] {
  return numbers(db, 'SELECT json_group_array(rowid) AS numbers FROM contexts_fts WHERE contexts_fts MATCH ?', match);
}

/** Ids of the current labels, of any source, that match an FTS5 query. */
export function matchingLabels(db: ReadHandle, match: string): number[] {
  return numbers(db, 'SELECT json_group_array(rowid) AS numbers FROM labels_fts WHERE labels_fts MATCH ?', match);
}

/** The same, best first by bm25 (a label's words count four times those of its notes); at most `limit`, of all sources together. */
export function rankedLabels(db: ReadHandle, match: string, limit: number = -1): number[] {
  return numbers(db, 'SELECT json_group_array(id) AS numbers FROM (SELECT rowid AS id FROM labels_fts WHERE labels_fts MATCH ? ORDER BY bm25(labels_fts, 4.0, 1.0), rowid LIMIT ?)', match, limit);
}

/** Whether every label of the catalog is one of this source's. */
export function onlySource(db: ReadHandle, source: number): boolean {
  return db.get('SELECT 1 AS found FROM sources WHERE id <> ? LIMIT 1', source) === undefined;
}

/** [feature, context] of every example, by feature: for packing, which checks the cells. */
export function exampleContexts(db: ReadHandle, source: number): IterableIterator<readonly unknown[]> {
  return db.each('SELECT feature, context FROM examples WHERE source = ? ORDER BY feature', source);
}

/** The features of a source with an example in a context that matches, where no packed contexts are at hand. */
export function featuresMatchingContexts(db: ReadHandle, source: number, match: string): number[] {
  return numbers(db, `SELECT json_group_array(DISTINCT e.feature) AS numbers FROM contexts_fts c CROSS JOIN examples e ON e.context = c.rowid AND e.source = ?
    WHERE contexts_fts MATCH ?`, source, match);
}

/** What changes with every commit of another connection, and with every change of our own. */
export function changeStamp(db: ReadHandle): string {
  return `${String(db.pragma('data_version'))}/${integer(db.get('SELECT total_changes() AS n')!, 'n')}`;
}

/** The most examples of a feature that are packed. */
export const mostExamples = 1000;
