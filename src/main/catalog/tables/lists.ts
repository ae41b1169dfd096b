/** `lists` and `list_items`: features that somebody put together, in an order of their own. */
import { limits } from '../blobs.ts';
import { integer, real, text, textOrNull } from '../cells.ts';
import type { ReadHandle, Row, WriteHandle } from '../handle.ts';

export interface ListRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly notes: string;
  readonly author: string;
  readonly createdAt: string;
  readonly deletedAt: string | null;
}

export interface ListItemRow {
  readonly list: number;
  readonly source: number;
  readonly feature: number;
  /** Rises along the list; any number fits between two others. */
  readonly place: number;
  readonly note: string;
  readonly author: string;
  readonly createdAt: string;
}

const listColumns = 'id, uid, name, notes, author, created_at, deleted_at';
const itemColumns = 'list, source, feature, place, note, author, created_at';

function toList(row: Row): ListRow {
  return {
    id: integer(row, 'id'), uid: text(row, 'uid', 100), name: text(row, 'name', limits.listName), notes: text(row, 'notes', limits.notes),
    author: text(row, 'author', limits.author), createdAt: text(row, 'created_at', 100), deletedAt: textOrNull(row, 'deleted_at', 100),
  };
}

function toItem(row: Row): ListItemRow {
  return {
    list: integer(row, 'list'), source: integer(row, 'source'), feature: integer(row, 'feature'), place: real(row, 'place'), note: text(row, 'note', limits.notes),
    author: text(row, 'author', limits.author), createdAt: text(row, 'created_at', 100),
  };
}

/** Every list, removed ones too, by id; at most 10,000. */
export function allLists(db: ReadHandle): ListRow[] {
  return db.all(`SELECT ${listColumns} FROM lists ORDER BY id LIMIT 10000`).map(toList);
}

export function list(db: ReadHandle, id: number): ListRow | null {
  const row = db.get(`SELECT ${listColumns} FROM lists WHERE id = ?`, id);
  return row === undefined ? null : toList(row);
}

export function addList(db: WriteHandle, row: Omit<ListRow, 'id'>): number {
  return db.run('INSERT INTO lists (uid, name, notes, author, created_at, deleted_at) VALUES (?, ?, ?, ?, ?, ?)', row.uid, row.name, row.notes, row.author, row.createdAt, row.deletedAt).id;
}

export function renameList(db: WriteHandle, id: number, name: string, notes: string): void {
  db.run('UPDATE lists SET name = ?, notes = ? WHERE id = ?', name, notes, id);
}

/** Marks a list as removed at `at`, or as standing again (null). Its items stay. */
export function markList(db: WriteHandle, id: number, at: string | null): void {
  db.run('UPDATE lists SET deleted_at = ? WHERE id = ?', at, id);
}

export function listSize(db: ReadHandle, id: number): number {
  return integer(db.get('SELECT count(*) AS n FROM list_items WHERE list = ?', id)!, 'n');
}

/** The items of a list in its order; at most 200,000. */
export function listItems(db: ReadHandle, id: number): ListItemRow[] {
  return db.all(`SELECT ${itemColumns} FROM list_items WHERE list = ? ORDER BY place, source, feature LIMIT 200000`, id).map(toItem);
}

export function* allItems(db: ReadHandle): Generator<ListItemRow> {
  const names = itemColumns.split(', ');
  for (const cells of db.each(`SELECT ${itemColumns} FROM list_items ORDER BY list, source, feature`)) yield toItem(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
}

export function listItem(db: ReadHandle, id: number, source: number, feature: number): ListItemRow | null {
  const row = db.get(`SELECT ${itemColumns} FROM list_items WHERE list = ? AND source = ? AND feature = ?`, id, source, feature);
  return row === undefined ? null : toItem(row);
}

/** Ids of the lists that stand and hold a feature. */
export function listsOf(db: ReadHandle, source: number, feature: number): number[] {
  return db.all('SELECT i.list AS list FROM list_items i JOIN lists l ON l.id = i.list WHERE i.source = ? AND i.feature = ? AND l.deleted_at IS NULL ORDER BY i.list LIMIT 10000', source, feature)
    .map((row) => integer(row, 'list'));
}

/** The place after the last item. */
export function nextPlace(db: ReadHandle, id: number): number {
  return real(db.get('SELECT coalesce(max(place), 0.0) + 1 AS place FROM list_items WHERE list = ?', id)!, 'place');
}

/** Adds an item; one that is there already stays as it is. Returns whether it was added. */
export function addItem(db: WriteHandle, row: ListItemRow): boolean {
  return db.run(`INSERT INTO list_items (${itemColumns}) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, row.list, row.source, row.feature, row.place, row.note, row.author, row.createdAt).changes > 0;
}

export function removeItem(db: WriteHandle, id: number, source: number, feature: number): void {
  db.run('DELETE FROM list_items WHERE list = ? AND source = ? AND feature = ?', id, source, feature);
}

export function changeItem(db: WriteHandle, id: number, source: number, feature: number, change: { readonly place: number; readonly note: string }): void {
  db.run('UPDATE list_items SET place = ?, note = ? WHERE list = ? AND source = ? AND feature = ?', change.place, change.note, id, source, feature);
}
