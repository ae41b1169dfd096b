/**
 * The rows that people make, all tables alike: read whole for a merge, with references to other rows as those rows' uids, so that the
 * same row from another file is known again whatever its id is there.
 */
import { LoupeError } from '../../../shared/errors.ts';
import { limits } from '../blobs.ts';
import { integer, real, text } from '../cells.ts';
import type { ReadHandle, Row, SqlValue, WriteHandle } from '../handle.ts';

export type Cell = string | number | null;
export type Values = Readonly<Record<string, Cell>>;

interface ColumnSpec {
  readonly type: 'text' | 'integer' | 'real';
  /** Characters at most, for text. */
  readonly limit?: number;
  readonly nullable?: true;
}

interface TableSpec {
  /** What tells a row from all others in any file. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnSpec>>;
  /** The table whose id a column holds; in `Values` it holds that row's uid. */
  readonly reference?: readonly [column: string, table: 'labels' | 'lists'];
}

const words = (limit: number): ColumnSpec => ({ type: 'text', limit });
const wordsOrNull = (limit: number): ColumnSpec => ({ type: 'text', limit, nullable: true });
const whole: ColumnSpec = { type: 'integer' };
const uid = words(100);
const author = words(limits.author);
const time = words(100);
const timeOrNull = wordsOrNull(100);
const place = { source: whole, feature: whole } as const;

/** In the order in which rows can be added: what is referred to comes first. */
export const peopleTables = {
  labels: {
    key: ['uid'],
    columns: {
      uid, ...place, text: words(limits.label), author, kind: words(20), confidence: { type: 'integer', nullable: true }, notes: words(limits.notes), family: words(100), resolution: whole,
      created_at: time, undone_at: timeOrNull,
    },
  },
  scores: {
    key: ['uid'], reference: ['label', 'labels'],
    columns: {
      uid, label: whole, scorer: words(100), value: { type: 'real' }, low: { type: 'real', nullable: true }, high: { type: 'real', nullable: true }, n: whole,
      negatives: words(100), judge: words(200), prompt_hash: words(100), created_at: time, details: words(100_000),
    },
  },
  reviews: { key: ['source', 'feature', 'author'], columns: { ...place, author, state: words(20), created_at: time } },
  comments: { key: ['uid'], columns: { uid, ...place, text: words(limits.notes), author, created_at: time, deleted_at: timeOrNull } },
  lists: { key: ['uid'], columns: { uid, name: words(200), notes: words(limits.notes), author, created_at: time, deleted_at: timeOrNull } },
  list_items: {
    key: ['list', 'source', 'feature'], reference: ['list', 'lists'],
    columns: { list: whole, ...place, place: { type: 'real' }, note: words(limits.notes), author, created_at: time },
  },
  views: { key: ['uid'], columns: { uid, name: words(200), query: words(limits.notes), author, created_at: time, deleted_at: timeOrNull } },
} as const satisfies Readonly<Record<string, TableSpec>>;

export type PeopleTable = keyof typeof peopleTables;
export const peopleTableNames = Object.keys(peopleTables) as readonly PeopleTable[];

/** Rows of one table by their keys, in the order in which the file has them. */
export type PeopleRows = ReadonlyMap<string, Values>;

const specOf = (table: PeopleTable): TableSpec => peopleTables[table];

/** The key of a row, as text. */
export function peopleKey(table: PeopleTable, values: Values): string {
  return JSON.stringify(specOf(table).key.map((column) => values[column]!));
}

function cell(row: Row, column: string, { type, limit, nullable }: ColumnSpec): Cell {
  if (nullable === true && row[column] === null) return null;
  if (type === 'text') return text(row, column, limit);
  return type === 'integer' ? integer(row, column) : real(row, column);
}

/** Every row of a table, each cell checked, references as uids. At most five million. Kind bad-file. */
export function peopleRows(db: ReadHandle, table: PeopleTable): PeopleRows {
  const { columns, reference } = specOf(table);
  const names = Object.keys(columns);
  const uids = reference === undefined ? null : uidsById(db, reference[1]);
  const rows = new Map<string, Values>();
  const row: Record<string, unknown> = {};
  for (const raw of db.each(`SELECT ${names.join(', ')} FROM ${table} LIMIT 5000000`)) {
    const values: Record<string, Cell> = {};
    for (const [i, name] of names.entries()) {
      row[name] = raw[i];
      values[name] = cell(row, name, columns[name]!);
    }
    if (reference !== undefined) {
      const referred = uids!.get(Number(values[reference[0]]));
      if (referred === undefined) throw new LoupeError('bad-file', `${db.path}: a row of ${table} refers to a row of ${reference[1]} that is not there.`);
      values[reference[0]] = referred;
    }
    rows.set(peopleKey(table, values), values);
  }
  return rows;
}

function uidsById(db: ReadHandle, table: 'labels' | 'lists'): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [id, uidOf] of db.each(`SELECT id, uid FROM ${table}`)) found.set(Number(id), String(uidOf));
  return found;
}

function idOf(db: ReadHandle, table: 'labels' | 'lists', uidOf: Cell): number {
  const row = db.get(`SELECT id FROM ${table} WHERE uid = ?`, uidOf);
  if (row === undefined) throw new LoupeError('bad-file', `a row refers to ${String(uidOf)} of ${table}, which is not there.`);
  return integer(row, 'id');
}

/** The values as this file stores them: a reference as the id that its uid has here. */
function stored(db: ReadHandle, table: PeopleTable, values: Values, names: readonly string[]): SqlValue[] {
  const { reference } = specOf(table);
  return names.map((name) => (reference?.[0] === name ? idOf(db, reference[1], values[name]!) : values[name]!));
}

const matchKey = (table: PeopleTable): string => specOf(table).key.map((column) => `${column} = ?`).join(' AND ');

/** Columns, and the statement that adds a row, by table. */
const additions = new Map(peopleTableNames.map((table) => {
  const names = Object.keys(specOf(table).columns);
  return [table, { names, sql: `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})` }];
}));

/** Adds a row. Kind bad-file when what it refers to is not there. */
export function addPeopleRow(db: WriteHandle, table: PeopleTable, values: Values): void {
  const { names, sql } = additions.get(table)!;
  db.run(sql, ...stored(db, table, values, names));
}

/**
 * Writes the columns of `values` that are no part of the key over the row with that key. Where the row is known to be as `before`, only
 * those that differ: what is written, though it be the same, is looked up and put into each index again.
 */
export function changePeopleRow(db: WriteHandle, table: PeopleTable, values: Values, before: Values = {}): void {
  const { key, columns } = specOf(table);
  const names = Object.keys(columns).filter((name) => !key.includes(name) && values[name] !== before[name]);
  if (names.length === 0) return;
  db.run(`UPDATE ${table} SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE ${matchKey(table)}`, ...stored(db, table, values, names), ...stored(db, table, values, key));
}

/** Removes the row with the key of `values`, and by the schema's rules what refers to it. False when it is not there. */
export function removePeopleRow(db: WriteHandle, table: PeopleTable, values: Values): boolean {
  const { key, reference } = specOf(table);
  // What a row referred to may be gone by now, and the row with it.
  if (reference !== undefined && key.includes(reference[0]) && db.get(`SELECT id FROM ${reference[1]} WHERE uid = ?`, values[reference[0]]!) === undefined) return false;
  return db.run(`DELETE FROM ${table} WHERE ${matchKey(table)}`, ...stored(db, table, values, key)).changes > 0;
}

/** The values of a key, as `removePeopleRow` takes them. */
export function keyValues(table: PeopleTable, key: string): Values {
  const parts = JSON.parse(key) as Cell[];
  return Object.fromEntries(specOf(table).key.map((column, i) => [column, parts[i]!]));
}

/** The indices of the features that a source holds: all of them, or those of a selection. */
export function heldIndices(db: ReadHandle, source: number): ReadonlySet<number> {
  const held = new Set<number>();
  for (const [index] of db.each('SELECT idx FROM features WHERE source = ?', source)) held.add(Number(index));
  return held;
}

/** Who wrote labels, and how many, most first; at most 100. */
export function labelAuthors(db: ReadHandle): { author: string; rows: number }[] {
  return db.all(`SELECT author, count(*) AS n FROM labels GROUP BY author ORDER BY n DESC, author LIMIT 100`).map((row) => ({ author: text(row, 'author', limits.author), rows: integer(row, 'n') }));
}
