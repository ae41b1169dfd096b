/**
 * Files that are either wholly there or not there: written aside, fsynced, renamed.
 *
 * A reader never sees half a file, and a crash never puts a partial file in place of a good one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

let counter = 0;

/** The name beside `path` under which a file is written before it takes its place. */
export function asideName(path: string): string {
  return `${path}.${process.pid}-${counter++}.partial`;
}

/** Makes a rename or a new name durable. Some file systems refuse to fsync a folder; that is not an error. */
export function syncFolder(folder: string): void {
  try {
    const fd = openSync(folder, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    /* Windows, and some network file systems */
  }
}

/** Calls `write` with an open file; on success the file takes the place of `path`, on an error nothing has changed. */
export function writeFileWith(path: string, write: (fd: number) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = asideName(path);
  const fd = openSync(aside, 'wx');
  let open = true;
  try {
    write(fd);
    fsyncSync(fd);
    closeSync(fd);
    open = false;
    renameSync(aside, path);
  } catch (error) {
    if (open) closeSync(fd);
    rmSync(aside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes the chunks one after another. */
export function writeFileAtomic(path: string, ...chunks: readonly (string | Uint8Array)[]): void {
  writeFileWith(path, (fd) => {
    for (const chunk of chunks) writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  });
}

/** Writes `value` as indented JSON with a final newline. */
export function writeJsonAtomic(path: string, value: unknown): void {
  writeFileAtomic(path, JSON.stringify(value, null, 2) + '\n');
}

/** `writeSync` may write less than it was given; this does not. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.byteLength; ) offset += writeSync(fd, bytes, offset, bytes.byteLength - offset);
}

/** A folder made aside and renamed into place. `fill` gets the folder's temporary path. Refuses to replace a folder. */
export function makeFolderAtomic(path: string, fill: (folder: string) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const aside = asideName(path);
  mkdirSync(aside);
  try {
    fill(aside);
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

