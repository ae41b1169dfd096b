/** Opening a catalog: the checks that every handle goes through. */
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { asideName, syncFolder } from '../../engine/files/atomic.ts';
import { LoupeError } from '../../shared/errors.ts';
import { openReader, openWriter } from './handle.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { checkSchema, migrate, schemaVersion } from './schema.ts';
import { sqliteError } from './sqlite-errors.ts';
import { setInfo } from './tables/info.ts';

function closing<H extends ReadHandle>(handle: H, work: (handle: H) => void): H {
  try {
    work(handle);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** A checked handle that cannot write. Kinds not-found, bad-file, catalog-from-future, read-only (an old schema, which only a writer can lift). */
export function openCatalogReader(path: string): ReadHandle {
  return closing(openReader(path), (db) => {
    const version = checkSchema(db);
    if (version < schemaVersion) {
      throw new LoupeError('read-only', `${path} has the older schema ${version} and is open read-only. Copy it to your workspace: the copy is brought up to date.`);
    }
  });
}

/** A checked handle that can write, brought to the newest schema. Kinds as above. */
export function openCatalogWriter(path: string): WriteHandle {
  return closing(openWriter(path, false), (db) => {
    migrate(db, checkSchema(db));
    dropStaleJournal(db);
  });
}

/**
 * A process that was killed before it had synced its journal leaves one that SQLite does not believe and does not remove: the file is whole,
 * but would look unclosed to whoever it is sent to. A write transaction that changes nothing removes it.
 */
function dropStaleJournal(db: WriteHandle): void {
  if (!existsSync(`${db.path}-journal`)) return;
  try {
    db.transaction(() => void db.pragma(`user_version = ${schemaVersion}`));
  } catch (error) {
    // Another process is in the middle of a transaction: then the journal is not stale.
    if (!(error instanceof LoupeError && error.kind === 'locked')) throw error;
  }
}

/**
 * Makes an empty catalog at `path`, aside first, so that whatever is there is always a whole catalog. `fill` may add rows to it.
 * Kinds conflict (something is there), read-only, no-space.
 */
export function makeCatalog(path: string, fill: (db: WriteHandle) => void = () => {}): void {
  if (existsSync(path)) throw new LoupeError('conflict', `${path} exists already. Give another name, or remove it.`);
  if (!existsSync(dirname(path))) throw new LoupeError('not-found', `${dirname(path)} does not exist. Make the folder first, or choose another place for the catalog.`);
  const aside = asideName(path);
  try {
    const db = closing(openAside(aside), (handle) => {
      migrate(handle, 0);
      setInfo(handle, 'uid', randomUUID());
      setInfo(handle, 'created_at', new Date().toISOString());
      fill(handle);
    });
    db.close();
    placeNew(aside, path);
  } catch (error) {
    for (const name of [aside, `${aside}-journal`]) rmSync(name, { force: true });
    throw sqliteError(error, path);
  }
  syncFolder(dirname(path));
}

/** Gives `aside` its name unless something has it by now: a rename would take the file from under a process that has just made it. */
function placeNew(aside: string, path: string): void {
  try {
    linkSync(aside, path);
    rmSync(aside);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new LoupeError('conflict', `${path} exists already. Give another name, or remove it.`);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    renameSync(aside, path); // a file system without hard links
  }
}

function openAside(aside: string): WriteHandle {
  try {
    return openWriter(aside, true);
  } catch (error) {
    if (error instanceof LoupeError && error.kind === 'not-found') {
      throw new LoupeError('read-only', `${dirname(aside)} cannot be written. Choose another folder for the catalog.`, error.detail);
    }
    throw error;
  }
}
