/** Seeded damage to a catalog by somebody who knows what it is: cells, blobs, schema rows and header, as well as bytes of pages. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { Random } from '../../src/engine/random.ts';
import { openCatalogReader, openCatalogWriter } from '../../src/main/catalog/opening.ts';
import { catalogInfo, columns, featurePageOf, features, labels, search, wholeContext } from '../../src/main/catalog/reading.ts';
import { addPeopleRow, peopleRows, peopleTableNames } from '../../src/main/catalog/tables/people.ts';
import { merges } from '../../src/main/catalog/tables/merges.ts';
import { verify } from '../../src/main/catalog/verify.ts';
import { LoupeError } from '../../src/shared/errors.ts';

const time = '2026-01-01T00:00:00.000Z';

/** A small catalog with rows in every table that people write. */
export function soundCatalog(folder: string): Buffer {
  const path = join(folder, 'sound.loupe');
  rmSync(path, { force: true });
  generateCatalog(path, { features: 12, contexts: 6, contextLength: 64, vocabulary: 80, labelled: 0.6 });
  const db = openCatalogWriter(path);
  const [label] = [...peopleRows(db, 'labels').values()];
  addPeopleRow(db, 'scores', { uid: 's', label: label!['uid']!, scorer: 'd', value: 0.5, low: 0.4, high: 0.6, n: 9, negatives: 'n', judge: 'j', prompt_hash: 'h', created_at: time, details: '{}' });
  addPeopleRow(db, 'lists', { uid: 'l', name: 'herbs', notes: '', author: 'a', created_at: time, deleted_at: null });
  addPeopleRow(db, 'list_items', { list: 'l', source: 1, feature: 2, place: 1, note: '', author: 'a', created_at: time });
  addPeopleRow(db, 'comments', { uid: 'c', source: 1, feature: 2, text: 'sure?', author: 'a', created_at: time, deleted_at: null });
  addPeopleRow(db, 'reviews', { source: 1, feature: 3, author: 'a', state: 'unsure', created_at: time });
  addPeopleRow(db, 'views', { uid: 'v', name: 'dense', query: '{"address":{"sort":"density"},"columns":null}', author: 'a', created_at: time, deleted_at: null });
  db.close();
  return readFileSync(path);
}

const texts = ['', 'x'.repeat(200_000), '\0\0', '<img src=x onerror=alert(1)>', '‮gnp.exe', '\u{10FFFF}', "'; DROP TABLE labels; --", '{"__proto__":1}', '1e999', '../../etc/passwd', '\ud800'];
const numbers = [-1, 0, 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, -1e308, 0.5, 9_007_199_254_740_991];
const schemaEdits = [
  "DELETE FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND random() % 2", "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'labels'",
  "UPDATE sqlite_schema SET rootpage = rootpage + 1 WHERE name = 'features'", "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'labels'",
  "INSERT INTO sqlite_schema VALUES ('trigger', 't', 'labels', 0, 'CREATE TRIGGER t AFTER INSERT ON labels BEGIN DELETE FROM labels; END')", 'CREATE VIEW evil AS SELECT 1', "UPDATE sqlite_schema SET tbl_name = 'contexts' WHERE name = 'features_by_label'",
  'PRAGMA user_version = 1', 'PRAGMA user_version = 99', 'PRAGMA application_id = 1', 'DROP TABLE lists', "UPDATE sqlite_schema SET sql = 'CREATE TABLE ' || name || ' (a)' WHERE name = 'models'",
];

type Pick = <T>(list: readonly T[]) => T;

interface Cell {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

function cellsOf(db: Database.Database, type: RegExp): Cell[] {
  const tables = (db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).all() as { name: string }[]).map(({ name }) => name);
  return tables.flatMap((table) => (db.prepare(`SELECT name, type FROM pragma_table_info(?)`).all(table) as { name: string; type: string }[]).map((column) => ({ table, column: column.name, type: column.type }))).filter((cell) => type.test(cell.type));
}

/** Other bytes of about the same kind: a flipped bit, shorter, longer, empty, or megabytes of nothing. */
function otherBytes(bytes: Buffer, random: Random): Buffer {
  const out = Buffer.from(bytes);
  switch (random.integer(5)) {
    case 0: if (out.length > 0) out[random.integer(out.length)]! ^= 1 << random.integer(8); return out;
    case 1: return out.subarray(0, random.integer(out.length + 1));
    case 2: return Buffer.concat([out, Buffer.alloc(1 + random.integer(64), random.integer(256))]);
    case 3: return Buffer.alloc(0);
    default: return Buffer.alloc(8 << random.integer(18), random.integer(256));
  }
}

function editCell(db: Database.Database, cell: Cell, pick: Pick, random: Random): void {
  const { table, column, type } = cell;
  const count = (db.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
  if (count === 0) return;
  const row = db.prepare(`SELECT ${column} AS value FROM ${table} LIMIT 1 OFFSET ?`).get(random.integer(count)) as { value: unknown };
  const value = type === 'BLOB' || row.value instanceof Buffer ? otherBytes(row.value instanceof Buffer ? row.value : Buffer.alloc(4), random) : type === 'TEXT' ? pick(texts) : type === 'INTEGER' ? BigInt(Math.round(pick(numbers.filter((n) => Math.abs(n) < 2 ** 60)))) : pick(numbers);
  db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} IS ?`).run(value as never, row.value as never);
}

function withSql(bytes: Buffer, folder: string, edit: (db: Database.Database) => void): Buffer {
  const path = join(folder, 'edited.loupe');
  writeFileSync(path, bytes);
  const db = new Database(path);
  try {
    db.unsafeMode(true);
    for (const line of ['foreign_keys = OFF', 'writable_schema = ON', 'ignore_check_constraints = ON', 'journal_mode = OFF', 'synchronous = OFF']) db.pragma(line);
    edit(db);
  } catch {
    // SQLite itself would not have that: whatever it did before stays, and is a mutation too.
  } finally {
    db.close();
  }
  return readFileSync(path);
}

/** The place of a byte that is not 0: most of a small catalog's pages is empty, where damage changes nothing. */
function usedByte(bytes: Buffer, random: Random): number {
  for (;;) {
    const at = random.integer(bytes.length);
    if (bytes[at] !== 0) return at;
  }
}

/** A damaged copy of `bytes`; equal arguments give equal bytes. */
export function mutateCatalog(bytes: Buffer, folder: string, seed: number): Buffer {
  const random = Random.from(seed, 'catalog-mutation');
  const pick: Pick = (list) => list[random.integer(list.length)]!;
  const out = Buffer.from(bytes);
  switch (seed % 8) {
    case 0: out[random.integer(100)] = random.integer(256); return out;
    case 1: for (let n = 1 + random.integer(4); n > 0; n--) out[usedByte(out, random)] = random.integer(256); return out;
    case 2: out.fill(random.integer(256), random.integer(out.length), Math.min(out.length, random.integer(out.length) + 4096)); return out;
    case 3: return out.subarray(0, random.integer(out.length));
    case 4: return withSql(bytes, folder, (db) => editCell(db, pick(cellsOf(db, /^BLOB$/)), pick, random));
    case 5: return withSql(bytes, folder, (db) => editCell(db, pick(cellsOf(db, /^TEXT$/)), pick, random));
    case 6: return withSql(bytes, folder, (db) => editCell(db, pick(cellsOf(db, /^(INTEGER|REAL)$/)), pick, random));
    default: return withSql(bytes, folder, (db) => {
      if (random.uniform() < 0.6) db.exec(pick(schemaEdits));
      else db.exec(`DELETE FROM ${pick(cellsOf(db, /./)).table} WHERE random() % 3 = 0`);
    });
  }
}

/** Reads all that the studio shows of a catalog. */
function readAll(path: string): void {
  const db = openCatalogReader(path);
  try {
    for (const { id, features: total } of catalogInfo(db).sources) {
      const { rows } = features(db, { source: id, sort: 'max', descending: true, filter: {}, search: null, offset: 0, limit: 500 });
      columns(db, { source: id, names: ['density', 'max'] });
      for (const { index } of rows.slice(0, Math.min(total, 20))) {
        const { groups } = featurePageOf(db, { source: id, index });
        labels(db, { source: id, index });
        for (const { context } of groups[0]!.examples.slice(0, 2)) wholeContext(db, { source: id, index, context });
      }
      search(db, { source: id, text: 'the', in: 'contexts', limit: 5 });
      search(db, { source: id, text: 'sense', in: 'labels', limit: 5 });
    }
    for (const table of peopleTableNames) peopleRows(db, table);
    merges(db);
  } finally {
    db.close();
  }
}

/** Verifies the file; kind bad-file when it is not sound. What verifies must be readable to the last row, else this throws what is no LoupeError. */
export function useVerified(path: string): void {
  const { ok, problems } = verify(path);
  if (!ok) throw new LoupeError('bad-file', problems[0] ?? 'not sound');
  try {
    readAll(path);
  } catch (error) {
    throw new Error(`it was verified, and cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
