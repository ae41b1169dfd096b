/** `views`: saved views of the feature table. */
import { limits } from '../blobs.ts';
import { integer, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface ViewRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  /** JSON text: `viewQuerySchema`. */
  readonly query: string;
  readonly author: string;
  readonly createdAt: string;
  readonly deletedAt: string | null;
}

const columns = 'id, uid, name, query, author, created_at, deleted_at';

function toView(row: Row): ViewRow {
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), name: text(row, 'name', limits.listName), query: text(row, 'query', limits.notes),
    author: text(row, 'author', limits.author), createdAt: text(row, 'created_at', 100), deletedAt: textOrNull(row, 'deleted_at', 100),
  };
}

/** Every view, removed ones too, by id; at most 10,000. */
export function allViews(db: ReadHandle): ViewRow[] {
  return db.all(`SELECT ${columns} FROM views ORDER BY id LIMIT 10000`).map(toView);
}

export function view(db: ReadHandle, id: number): ViewRow | null {
  const row = db.get(`SELECT ${columns} FROM views WHERE id = ?`, id);
  return row === undefined ? null : toView(row);
}

export function addView(db: WriteHandle, row: Omit<ViewRow, 'id'>): number {
  return db.run('INSERT INTO views (uid, name, query, author, created_at, deleted_at) VALUES (?, ?, ?, ?, ?, ?)', row.uid, row.name, row.query, row.author, row.createdAt, row.deletedAt).id;
}

export function changeView(db: WriteHandle, id: number, change: { readonly name: string; readonly query: string }): void {
  db.run('UPDATE views SET name = ?, query = ? WHERE id = ?', change.name, change.query, id);
}

/** Marks a view as removed at `at`, or as standing again (null). */
export function markView(db: WriteHandle, id: number, at: string | null): void {
  db.run('UPDATE views SET deleted_at = ? WHERE id = ?', at, id);
}
