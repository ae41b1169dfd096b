/** SQLite's own table of what a file holds. */
import type { ReadHandle } from '../handle.ts';

export interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  readonly table: string;
  readonly sql: string | null;
}

/** Everything, SQLite's own tables and automatic indexes included: a forged entry may carry any name. */
export function readSchema(db: ReadHandle): SchemaEntry[] {
  const rows = db.all(`SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name`);
  return rows.map((row) => ({
    type: String(row['type']), name: String(row['name']), table: String(row['tbl_name']), sql: row['sql'] === null ? null : String(row['sql']),
  }));
}

/** SQLite's own check of pages, indexes, constraints and the text indexes; `ok`, or up to 100 problems. */
export function integrityProblems(db: ReadHandle): string[] {
  const rows = db.all('PRAGMA integrity_check(100)').map((row) => String(row['integrity_check']));
  return rows.length === 1 && rows[0] === 'ok' ? [] : rows;
}

/** Rows that refer to rows which are not there: `table`, `parent`. At most `limit`. */
export function foreignKeyProblems(db: ReadHandle, limit: number): string[] {
  const found: string[] = [];
  for (const [table, , parent] of db.each('PRAGMA foreign_key_check')) {
    found.push(`a row of ${String(table)} refers to a row of ${String(parent)} that is not there`);
    if (found.length >= limit) break;
  }
  return found;
}
