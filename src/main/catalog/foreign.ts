/**
 * Using a catalog from someone else: its header and its schema are compared with ours before any row is read, it is opened read-only,
 * and nothing is written to it or beside it. One of an older schema is brought up to date in a copy of ours.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReader } from './handle.ts';
import type { ReadHandle } from './handle.ts';
import { checkHeader } from './header.ts';
import { openCatalogReader, openCatalogWriter } from './opening.ts';
import { checkSchema, schemaVersion } from './schema.ts';

function versionOf(path: string): number {
  const db = openReader(path);
  try {
    return checkSchema(db);
  } finally {
    db.close();
  }
}

/**
 * Gives `work` a reader of the catalog at `path` in our newest schema. `openHere`: this process has it open, so its header is not looked
 * at (closing a descriptor would drop SQLite's locks on it). Kinds: bad-file, catalog-from-future, not-found, no-space.
 */
export function withForeign<T>(path: string, openHere: boolean, work: (db: ReadHandle) => T): T {
  if (!openHere) checkHeader(path, true);
  return versionOf(path) === schemaVersion ? reading(path, work) : lifted(path, work);
}

function reading<T>(path: string, work: (db: ReadHandle) => T): T {
  const db = openCatalogReader(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** Its schema has been compared with ours of its own version, so our migrations may run on a copy of its bytes. */
function lifted<T>(path: string, work: (db: ReadHandle) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-lift-'));
  try {
    const copy = join(folder, 'copy.loupe');
    copyFileSync(path, copy);
    openCatalogWriter(copy).close();
    return reading(copy, work);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
