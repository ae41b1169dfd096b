/** Where an export goes: written aside, made durable, then given its name. Nothing is ever put over something that is there. */
import { closeSync, existsSync, fsyncSync, linkSync, lstatSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asideName, syncFolder } from '../../../engine/files/atomic.ts';
import { LoupeError } from '../../../shared/errors.ts';

function running(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what killed exports to the same name left beside it. */
function removeStale(out: string): void {
  const beginning = `${basename(out)}.`;
  for (const name of readdirSync(dirname(out))) {
    if (!name.startsWith(beginning)) continue;
    const pid = /^(\d+)-\d+\.partial/.exec(name.slice(beginning.length))?.[1];
    if (pid !== undefined && !running(Number(pid))) rmSync(join(dirname(out), name), { recursive: true, force: true });
  }
}

/** Kind conflict when something is at `out`, not-found when there is no folder for it. */
export function checkPlace(out: string): void {
  if (existsSync(out)) throw new LoupeError('conflict', `out: ${out} exists already. Give another name, or remove it.`);
  if (!statSync(dirname(out), { throwIfNoEntry: false })?.isDirectory()) throw new LoupeError('not-found', `out: ${dirname(out)} is no folder. Make it first, or choose another place.`);
}

function syncTree(path: string): void {
  if (lstatSync(path).isDirectory()) {
    for (const name of readdirSync(path)) syncTree(join(path, name));
    syncFolder(path);
    return;
  }
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The bytes of a file, or of all files below a folder. */
export function bytesAt(path: string): number {
  const stat = lstatSync(path);
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesAt(join(path, name)), 0) : stat.size;
}

/** A rename would replace a file that has come up meanwhile; a link refuses. An empty folder in the way is replaced, a filled one refuses. */
function takePlace(aside: string, out: string): void {
  const conflict = new LoupeError('conflict', `out: ${out} has come up meanwhile. Give another name.`);
  try {
    if (lstatSync(aside).isDirectory()) {
      if (existsSync(out)) throw conflict;
      renameSync(aside, out);
    } else {
      linkSync(aside, out);
      rmSync(aside);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTEMPTY') throw conflict;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
    if (existsSync(out)) throw conflict;
    renameSync(aside, out);
  }
}

export interface Placed {
  /** Where to write: a name beside the place, which is not there yet. */
  readonly aside: string;
  /** Makes what was written durable and gives it its name. Returns its bytes. */
  readonly finish: () => number;
  /** Removes what was written. */
  readonly abandon: () => void;
}

/** Begins to write something that gets the name `out` when it is whole. Kinds: those of `checkPlace`. */
export function beginPlaced(out: string): Placed {
  checkPlace(out);
  removeStale(out);
  const aside = asideName(out);
  const finish = (): number => {
    syncTree(aside);
    const bytes = bytesAt(aside);
    takePlace(aside, out);
    syncFolder(dirname(out));
    return bytes;
  };
  return { aside, finish, abandon: () => [aside, `${aside}-journal`].forEach((path) => rmSync(path, { recursive: true, force: true })) };
}

/**
 * Calls `write` with a name beside `out`; what it made there gets the name `out` once it is whole and on disk. On an error nothing is
 * left. Kinds: those of `checkPlace`, read-only, no-space, and `write`'s own.
 */
export function writePlaced<T>(out: string, write: (aside: string) => T): { readonly result: T; readonly bytes: number } {
  const place = beginPlaced(out);
  try {
    const result = write(place.aside);
    return { result, bytes: place.finish() };
  } catch (error) {
    place.abandon();
    throw error;
  }
}
