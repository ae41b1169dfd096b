/** One folder of the user's disk for the studio's own dialog: sorted, bounded, hidden names left out. */
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { z } from 'zod';
import { LoupeError } from '../../shared/errors.ts';
import type { folderEntrySchema } from '../../shared/schema/workspace.ts';
import { fileKind, folderKind } from './detect.ts';

type Entry = z.infer<typeof folderEntrySchema>;

export interface Folder {
  readonly path: string;
  readonly parent: string | null;
  readonly entries: Entry[];
}

export const maxEntries = 2000;
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function refusal(path: string, error: NodeJS.ErrnoException): LoupeError {
  if (error.code === 'ENOENT') return new LoupeError('not-found', `path: there is no folder "${path}"`);
  if (error.code === 'ENOTDIR') return new LoupeError('bad-request', `path: "${path}" is a file, not a folder`);
  if (error.code === 'EACCES' || error.code === 'EPERM') return new LoupeError('read-only', `path: you may not read the folder "${path}"`);
  return new LoupeError('not-found', `path: the folder "${path}" cannot be read: ${error.message}`);
}

async function describe(folder: string, name: string): Promise<Entry | null> {
  const path = join(folder, name);
  const status = await stat(path).catch(() => null);
  if (status === null || (!status.isDirectory() && !status.isFile())) return null;
  if (status.isDirectory()) return { name, folder: true, bytes: 0, kind: await folderKind(path) };
  return { name, folder: false, bytes: status.size, kind: fileKind(name) };
}

/** The folder at `path`, or the user's home for null. Folders come first; at most 2,000 entries. */
export async function browse(given: string | null): Promise<Folder> {
  if (given !== null && !isAbsolute(given)) throw new LoupeError('bad-request', `path: "${given}" is relative: give the whole path`);
  if (given?.includes('\0')) throw new LoupeError('bad-request', 'path: holds a NUL character');
  const path = resolve(given ?? homedir());
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    throw refusal(path, error);
  });
  const visible = names.filter((name) => !name.startsWith('.')).sort(natural.compare).slice(0, maxEntries);
  const entries = (await Promise.all(visible.map((name) => describe(path, name)))).filter((entry) => entry !== null);
  const parent = dirname(path);
  return { path, parent: parent === path ? null : parent, entries: [...entries.filter((e) => e.folder), ...entries.filter((e) => !e.folder)] };
}
