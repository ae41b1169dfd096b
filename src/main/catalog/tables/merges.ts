/** `merges` and `merged_rows`: what was merged in, from whom, and each row that it added or changed. */
import { integer, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface MergeRow {
  readonly id: number;
  readonly uid: string;
  /** `uid` of the catalog that was merged in, and what its file was called. */
  readonly catalog: string;
  readonly name: string;
  readonly author: string;
  readonly createdAt: string;
  readonly undoneAt: string | null;
  /** JSON: counts. */
  readonly summary: string;
}

export interface MergedRow {
  /** `add TABLE`, `change TABLE`, or `source`. */
  readonly what: string;
  readonly key: string;
  /** JSON of the values before a change. */
  readonly before: string | null;
}

const columns = 'id, uid, catalog, name, author, created_at, undone_at, summary';

function toMerge(row: Row): MergeRow {
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), catalog: text(row, 'catalog', 200), name: text(row, 'name', 1000), author: text(row, 'author', 200),
    createdAt: text(row, 'created_at', 100), undoneAt: textOrNull(row, 'undone_at', 100), summary: text(row, 'summary', 20_000),
  };
}

/** The latest first; at most 1,000. */
export function merges(db: ReadHandle): MergeRow[] {
  return db.all(`SELECT ${columns} FROM merges ORDER BY id DESC LIMIT 1000`).map(toMerge);
}

export function addMerge(db: WriteHandle, row: Omit<MergeRow, 'id' | 'undoneAt'>): number {
  return db.run('INSERT INTO merges (uid, catalog, name, author, created_at, summary) VALUES (?, ?, ?, ?, ?, ?)', row.uid, row.catalog, row.name, row.author, row.createdAt, row.summary).id;
}

export function addMergedRow(db: WriteHandle, merge: number, row: MergedRow): void {
  db.run('INSERT INTO merged_rows (merge, what, key, before) VALUES (?, ?, ?, ?)', merge, row.what, row.key, row.before);
}

export function mergedRows(db: ReadHandle, merge: number, what: string): MergedRow[] {
  return db.all('SELECT what, key, before FROM merged_rows WHERE merge = ? AND what = ? ORDER BY key', merge, what).map((row) => ({
    what: text(row, 'what', 40), key: text(row, 'key', 1000), before: textOrNull(row, 'before', 100_000),
  }));
}

/** `merge`, `what` and `key` of each row that a standing merge changed, the latest merge first; those of a merge that was taken back are forgotten. */
export function changedRows(db: ReadHandle): Iterable<Row> {
  return db.all("SELECT merge, what, key FROM merged_rows WHERE what >= 'change ' AND what < 'change!' ORDER BY merge DESC");
}

/** Marks a merge as taken back; its rows are forgotten. */
export function undoneMerge(db: WriteHandle, merge: number, at: string): void {
  db.run('UPDATE merges SET undone_at = ? WHERE id = ?', at, merge);
  db.run('DELETE FROM merged_rows WHERE merge = ?', merge);
}
