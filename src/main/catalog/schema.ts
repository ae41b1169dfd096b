/** What our schema is at each version, how a file is brought to the newest, and how a file's schema is compared with ours. */
import { LoupeError } from '../../shared/errors.ts';
import { openMemory } from './handle.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { migrations } from './migrations/index.ts';
import type { Migration } from './migrations/types.ts';
import { readSchema } from './tables/schema.ts';
import type { SchemaEntry } from './tables/schema.ts';

/** `LOUP` in ASCII, at byte 68 of the file. */
export const applicationId = 0x4c4f5550;
export const schemaVersion = migrations.at(-1)!.version;

const expectedByVersion = new Map<number, readonly SchemaEntry[]>();

/** The tables and indexes that a catalog of `version` has, FTS5's own shadow tables included. */
function expectedSchema(version: number): readonly SchemaEntry[] {
  let expected = expectedByVersion.get(version);
  if (expected === undefined) {
    const db = openMemory();
    for (const migration of migrations) if (migration.version <= version) migration.up(db);
    expected = readSchema(db);
    db.close();
    expectedByVersion.set(version, expected);
  }
  return expected;
}

function normal(sql: string | null): string {
  return (sql ?? '').replace(/\s+/g, ' ').trim();
}

/** What differs between the schema of `db` and ours at `version`, in words; empty when nothing does. */
export function schemaProblems(db: ReadHandle, version: number): string[] {
  const expected = new Map(expectedSchema(version).map((entry) => [entry.name, entry]));
  const problems: string[] = [];
  for (const entry of readSchema(db)) {
    const ours = expected.get(entry.name);
    expected.delete(entry.name);
    if (ours === undefined) problems.push(`it holds a ${entry.type} that Loupe never makes: ${JSON.stringify(entry.name.slice(0, 80))}`);
    else if (ours.type !== entry.type || ours.table !== entry.table || normal(ours.sql) !== normal(entry.sql)) problems.push(`its ${entry.type} ${entry.name} is not as Loupe makes it`);
  }
  for (const missing of expected.values()) problems.push(`it lacks the ${missing.type} ${missing.name}`);
  return problems;
}

/**
 * The schema version of an open file, after checking that it is a catalog of ours and holds nothing else.
 * Kinds: bad-file (not a catalog, or a foreign schema), catalog-from-future.
 */
export function checkSchema(db: ReadHandle): number {
  const id = db.pragma('application_id');
  if (id !== applicationId) throw new LoupeError('bad-file', `${db.path} is an SQLite file, but no Loupe catalog (its application_id is ${String(id)}).`);
  const version = Number(db.pragma('user_version'));
  if (version > schemaVersion) {
    throw new LoupeError('catalog-from-future', `${db.path} was written by a newer Loupe (schema ${version}; this one knows ${schemaVersion}). Update Loupe to open it.`);
  }
  if (version < 1) throw new LoupeError('bad-file', `${db.path} has schema version ${version}, which no Loupe has written.`);
  const problems = schemaProblems(db, version);
  if (problems.length > 0) {
    throw new LoupeError('bad-file', `${db.path} is not opened: ${problems[0]}. Ask its sender for an unmodified catalog.`, problems.join('\n'));
  }
  return version;
}

/** Brings `db` from `version` (0: an empty file) to the newest schema, each step in its own transaction. `steps` is for tests. */
export function migrate(db: WriteHandle, version: number, steps: readonly Migration[] = migrations): void {
  let at = version;
  for (const step of steps) {
    if (step.version <= version) continue;
    if (step.version !== at + 1) throw new LoupeError('defect', `migration ${step.version} follows ${at}`);
    db.transaction(() => {
      step.up(db);
      db.pragma(`user_version = ${step.version}`);
      db.pragma(`application_id = ${applicationId}`);
    });
    at = step.version;
  }
}
