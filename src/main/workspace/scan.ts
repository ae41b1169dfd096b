/** What a workspace holds: its own folders and what was linked. */
import { createHash } from 'node:crypto';
import { readdir, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { itemKinds } from '../../shared/schema/workspace.ts';
import type { Item, ItemKind, Workspace } from '../../shared/schema/workspace.ts';
import { detectKind } from './detect.ts';
import { kindFolder } from './layout.ts';
import { readLinks } from './links.ts';
import type { Link } from './links.ts';
import { summarise } from './summaries.ts';

/** Entries looked at to learn the size of one folder, and things listed of one kind. */
const maxEntries = 20_000;
const maxItems = 5000;

/** Bytes below `path`, of its first 20,000 entries. Links are not followed. */
async function bytesBelow(path: string): Promise<number> {
  let total = 0;
  let seen = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined && seen < maxEntries; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++seen > maxEntries) break;
      const child = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(child);
      else if (entry.isFile()) total += await stat(child).then((s) => s.size, () => 0);
    }
  }
  return total;
}

export function linkId(path: string): string {
  return `link-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
}

async function describe(kind: ItemKind, path: string, linked: boolean): Promise<Item> {
  const item = { kind, id: linked ? linkId(path) : basename(path), name: basename(path), path, linked };
  const status = await stat(path).catch(() => null);
  if (status === null) return { ...item, bytes: 0, modifiedAt: new Date(0).toISOString(), summary: [], problem: 'it is no longer at this path' };
  const bytes = status.isDirectory() ? await bytesBelow(path) : status.size;
  const { facts, problem } = await summarise(kind, path);
  return { ...item, bytes, modifiedAt: status.mtime.toISOString(), summary: facts, problem };
}

/** Hidden names, files written aside, and folders of another kind are no items. A corpus may be any folder. */
async function ownItems(workspace: string, kind: ItemKind): Promise<Item[]> {
  const folder = kindFolder(workspace, kind);
  const names = await readdir(folder).catch(() => []);
  const items: Item[] = [];
  for (const name of names.filter((n) => !n.startsWith('.') && !n.endsWith('.partial')).sort().slice(0, maxItems)) {
    const path = join(folder, name);
    const found = await detectKind(path).catch(() => null);
    if (found === kind || (kind === 'corpus' && found === null)) items.push(await describe(kind, path, false));
  }
  return items;
}

export function describeLink({ kind, path }: Link): Promise<Item> {
  return describe(kind, path, true);
}

/** Everything in the workspace, by kind and name. */
export async function scanWorkspace(workspace: string): Promise<Workspace> {
  const own = await Promise.all(itemKinds.map((kind) => ownItems(workspace, kind)));
  const linked = await Promise.all(readLinks(workspace).map(describeLink));
  const { bavail, bsize } = await statfs(workspace);
  return { path: workspace, items: [...own.flat(), ...linked], freeBytes: bavail * bsize };
}
