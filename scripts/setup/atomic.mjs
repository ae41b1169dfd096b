/** Files and folders that appear whole or not at all. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes text aside, flushes it, and renames it into place.
 * @param {string} path @param {string} text */
export function writeAtomic(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}.part`;
  const fd = openSync(aside, 'w');
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(aside, path);
}

/** What killed processes left beside a path. */
function clearLeftovers(path) {
  const parent = dirname(path);
  for (const name of existsSync(parent) ? readdirSync(parent) : []) {
    if (name.startsWith(`${basename(path)}.`) && name.endsWith('.part')) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Fills a folder aside and renames it into place; what was there before is replaced. The caller holds the folder's lock.
 * @param {string} path @param {(aside: string) => Promise<void>} fill */
export async function folderAtomic(path, fill) {
  const aside = `${path}.${process.pid}.part`;
  clearLeftovers(path);
  try {
    await fill(aside);
    await rm(path, { recursive: true, force: true });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}
