/** Adding to a workspace and removing from it. Nothing is copied, and nothing is deleted: what is removed lies in the trash folder. */
import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { Item, ItemKind } from '../../shared/schema/workspace.ts';
import { detectKind } from './detect.ts';
import { kindFolder } from './layout.ts';
import { readLinks, writeLinks } from './links.ts';
import { describeLink, linkId, scanWorkspace } from './scan.ts';
import { moveToTrash } from './trash.ts';

async function checkedPath(kind: ItemKind, given: string): Promise<string> {
  if (!isAbsolute(given)) throw new LoupeError('bad-request', `path: "${given}" is relative: give the whole path`);
  const path = resolve(given);
  const found = await detectKind(path).catch((error: NodeJS.ErrnoException) => {
    throw new LoupeError(error.code === 'EACCES' ? 'read-only' : 'not-found', `path: "${path}" cannot be read: ${error.message}`);
  });
  // Any folder can be a corpus; everything else is known by its files.
  const fits = found === kind || (kind === 'corpus' && found === null);
  if (!fits) throw new LoupeError('bad-request', `path: "${path}" is ${found === null ? 'nothing that Loupe knows' : `a ${found}`}, not a ${kind}`);
  return path;
}

/** Links the thing at `path`, and gives it as listed; what is there already is given as it is. */
export async function addItem(workspace: string, kind: ItemKind, given: string): Promise<Item> {
  const path = await checkedPath(kind, given);
  const own = kindFolder(workspace, kind);
  if ((await realpath(dirname(path))) === (await realpath(own).catch(() => own))) {
    const item = (await scanWorkspace(workspace)).items.find((i) => i.kind === kind && !i.linked && resolve(i.path) === path);
    if (item !== undefined) return item;
  }
  const links = readLinks(workspace);
  if (!links.some((link) => link.kind === kind && link.path === path)) writeLinks(workspace, [...links, { kind, path }]);
  return describeLink({ kind, path });
}

/** Forgets a link, or moves the workspace's own thing into the trash; gives the path that it had. */
export async function removeItem(workspace: string, kind: ItemKind, id: string): Promise<string> {
  const links = readLinks(workspace);
  const link = links.find((l) => l.kind === kind && linkId(l.path) === id);
  if (link !== undefined) {
    writeLinks(workspace, links.filter((l) => l !== link));
    return link.path;
  }
  const item = (await scanWorkspace(workspace)).items.find((i) => i.kind === kind && i.id === id && !i.linked);
  if (item === undefined) throw new LoupeError('not-found', `id: the workspace has no ${kind} "${id}"`);
  moveToTrash(workspace, kind, item.path, item.name);
  return item.path;
}
