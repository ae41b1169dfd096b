/**
 * The trash of a workspace: `.trash/<time>-<kind>-<name>`.
 *
 * An entry is a rename within the workspace and its name says where it was, so that moving something there needs no room on the
 * disk: it works when the disk is full. Links are never followed: what lies elsewhere stays there.
 */
import { lstatSync, mkdirSync, renameSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { placeError } from '../../engine/files/place-errors.ts';
import { LoupeError } from '../../shared/errors.ts';
import { diskKinds } from '../../shared/schema/disk.ts';
import type { DiskKind, TrashEntry } from '../../shared/schema/disk.ts';
import { kindFolder, runsFolder, trashFolder } from './layout.ts';
import { sizeOf } from './size.ts';

const entryPattern = new RegExp(`^(\\d{4}-\\d{2}-\\d{2}T\\d{2}-\\d{2}-\\d{2}-\\d{3}Z)-(${diskKinds.join('|')})-(.+)$`, 's');

interface Parsed {
  readonly deletedAt: string;
  readonly kind: DiskKind;
  /** As it was called; of a leftover with its folder: `catalogs/.x.partial`. */
  readonly name: string;
}

/** What a name in the trash says, or null when it is none of ours. */
export function parseEntry(id: string): Parsed | null {
  const found = entryPattern.exec(id);
  if (found === null) return null;
  const [, stamp, kind, name] = found as unknown as [string, string, DiskKind, string];
  const deletedAt = stamp.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d\d\d)Z$/, 'T$1:$2:$3.$4Z');
  return { deletedAt, kind, name: kind === 'leftover' ? name.replace('~', '/') : name };
}

/** The folder that a thing of this kind and name belongs into. */
function homeOf(workspace: string, kind: DiskKind, name: string): string {
  if (kind === 'run') return join(runsFolder(workspace), basename(name));
  if (kind === 'leftover') return join(workspace, basename(dirname(name)), basename(name));
  return join(kindFolder(workspace, kind), basename(name));
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function moveError(error: unknown, from: string, trash: string): unknown {
  if ((error as NodeJS.ErrnoException).code === 'EXDEV') {
    return new LoupeError('conflict', `${from} lies on another disk than the trash ${trash}, so it cannot be moved there at once: delete it by hand`);
  }
  return placeError(error, trash);
}

/** Moves `path` into the trash and gives the entry's id. `name` is that of the thing; a leftover's is `folder/name`. */
export function moveToTrash(workspace: string, kind: DiskKind, path: string, name: string, now: Date = new Date()): string {
  const trash = trashFolder(workspace);
  const label = name.replace('/', '~');
  try {
    mkdirSync(trash, { recursive: true });
    for (let ms = now.getTime(); ; ms++) {
      const id = `${new Date(ms).toISOString().replace(/[:.]/g, '-')}-${kind}-${label}`;
      // A rename would replace a file that has this name already.
      if (exists(join(trash, id))) continue;
      renameSync(path, join(trash, id));
      return id;
    }
  } catch (error) {
    throw moveError(error, path, trash);
  }
}

/** What lies in the trash, newest first. Sizes in bytes. */
export async function listTrash(workspace: string): Promise<TrashEntry[]> {
  const trash = trashFolder(workspace);
  const entries: TrashEntry[] = [];
  for (const id of await readdir(trash).catch(() => [])) {
    const parsed = parseEntry(id);
    if (parsed !== null) entries.push({ id, ...parsed, bytes: (await sizeOf(join(trash, id))).bytes });
  }
  return entries.sort((a, b) => b.deletedAt.localeCompare(a.deletedAt) || a.id.localeCompare(b.id));
}

function entryPath(workspace: string, id: string): { path: string; parsed: Parsed } {
  const parsed = basename(id) === id ? parseEntry(id) : null;
  const path = join(trashFolder(workspace), basename(id));
  if (parsed === null || !exists(path)) throw new LoupeError('not-found', `ids: the trash holds no "${id}"; it may have been restored or deleted already`);
  return { path, parsed };
}

export interface Restored {
  readonly kind: DiskKind;
  readonly name: string;
  readonly path: string;
}

/** Moves an entry back to where it was. Kind conflict when something else is there by now. */
export function restoreEntry(workspace: string, id: string): Restored {
  const { path, parsed } = entryPath(workspace, id);
  const home = homeOf(workspace, parsed.kind, parsed.name);
  if (exists(home)) throw new LoupeError('conflict', `ids: ${home} exists again: rename or remove that, then restore "${parsed.name}"`);
  mkdirSync(dirname(home), { recursive: true });
  renameSync(path, home);
  return { kind: parsed.kind, name: parsed.name, path: home };
}

/** Deletes entries for good and gives the bytes that they took. A link is deleted, never what it leads to. */
export async function deleteEntries(workspace: string, ids: readonly string[]): Promise<number> {
  let freed = 0;
  for (const id of ids) {
    const { path } = entryPath(workspace, id);
    const { bytes } = await sizeOf(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    freed += bytes;
  }
  return freed;
}
