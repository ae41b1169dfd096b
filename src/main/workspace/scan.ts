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
import { sizeOf } from './size.ts';
import { summarise } from './summaries.ts';

/** Things listed of one kind. */
const maxItems = 5000;

export function linkId(path: string): string {
  return `link-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`;
}

async function describe(kind: ItemKind, path: string, linked: boolean): Promise<Item> {
  const item = { kind, id: linked ? linkId(path) : basename(path), name: basename(path), path, linked };
  const status = await stat(path).catch(() => null);
  if (status === null) return { ...item, bytes: 0, modifiedAt: new Date(0).toISOString(), summary: [], problem: 'it is no longer at this path' };
  const bytes = status.isDirectory() ? (await sizeOf(path)).bytes : status.size;
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
