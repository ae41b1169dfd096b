/** What a workspace takes on disk, thing by thing, and what of it can be moved to the trash. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { LoupeError } from '../../shared/errors.ts';
import type { DiskItem, DiskKind, DiskUse } from '../../shared/schema/disk.ts';
import type { Job } from '../../shared/schema/job.ts';
import type { Workspace } from '../../shared/schema/workspace.ts';
import { cacheParts } from './caches.ts';
import { kindFolders, runsFolder } from './layout.ts';
import { scanWorkspace } from './scan.ts';
import { sizeOf } from './size.ts';
import { listTrash, moveToTrash } from './trash.ts';

const live: ReadonlySet<Job['state']> = new Set(['queued', 'running', 'pausing']);
/** A file written aside and not touched for so long, in ms, was left behind. */
const abandoned = 10 * 60_000;

/** Every text within a value. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

/** Whether a job that is not over names the path, or something in it, or a folder around it. */
function names(job: Job, path: string): boolean {
  return textsOf(job.config).some((text) => text === path || text.startsWith(`${path}/`) || text.startsWith(`${path}\\`) || path.startsWith(`${text}/`) || path.startsWith(`${text}\\`));
}

/** The job that keeps a thing in use, in words, or null. The sample run names nothing and may use anything called after it. */
export function heldBy(jobs: readonly Job[], kind: DiskKind, id: string, path: string): string | null {
  const holder = jobs.find((job) => live.has(job.state) && (kind === 'leftover' || (kind === 'run' ? job.id === id : job.kind === 'demo' || names(job, path))));
  return holder === undefined ? null : `the run "${holder.title}" is ${holder.state}`;
}

async function runItems(workspace: string, jobs: readonly Job[]): Promise<DiskItem[]> {
  const titles = new Map(jobs.map((job) => [job.id, job.title]));
  const folders = await readdir(runsFolder(workspace), { withFileTypes: true }).catch(() => []);
  return Promise.all(folders.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(async ({ name }) => {
    const path = join(runsFolder(workspace), name);
    const modified = await stat(path).then((s) => s.mtime, () => new Date(0));
    return { kind: 'run' as const, id: name, name: titles.get(name) ?? name, path, ...(await sizeOf(path)), modifiedAt: modified.toISOString(), linked: false, heldBy: heldBy(jobs, 'run', name, path) };
  }));
}

/** Files that were being written when their process was killed. */
async function leftovers(workspace: string, jobs: readonly Job[], now: number): Promise<DiskItem[]> {
  const items: DiskItem[] = [];
  for (const folder of [...Object.values(kindFolders), 'runs']) {
    for (const name of await readdir(join(workspace, folder)).catch(() => [])) {
      const path = join(workspace, folder, name);
      const modified = name.endsWith('.partial') ? await stat(path).then((s) => s.mtime, () => null) : null;
      if (modified === null || now - modified.getTime() < abandoned) continue;
      const id = `${folder}/${name}`;
      items.push({ kind: 'leftover', id, name, path, ...(await sizeOf(path)), modifiedAt: modified.toISOString(), linked: false, heldBy: heldBy(jobs, 'leftover', id, path) });
    }
  }
  return items;
}

async function diskItems(workspace: string, jobs: readonly Job[], now: number, scan: Promise<Workspace> = scanWorkspace(workspace)): Promise<DiskItem[]> {
  const { items } = await scan;
  const listed = await Promise.all(items.map(async ({ kind, id, name, path, modifiedAt, linked }): Promise<DiskItem> => (
    { kind, id, name, path, ...(await sizeOf(path)), modifiedAt, linked, heldBy: linked ? null : heldBy(jobs, kind, id, path) })));
  return [...listed, ...(await runItems(workspace, jobs)), ...(await leftovers(workspace, jobs, now))];
}

/** Paths that what is listed or still running works with: linked models among them. */
export async function usedPaths(workspace: string, jobs: readonly Job[], scan: Promise<Workspace> = scanWorkspace(workspace)): Promise<string[]> {
  const { items } = await scan;
  return [...items.map(({ path }) => path), ...jobs.filter((job) => live.has(job.state)).flatMap((job) => textsOf(job.config))];
}

/** Everything that takes room, biggest first; sizes in bytes. */
export async function diskUse(workspace: string, jobs: readonly Job[], now: number = Date.now()): Promise<DiskUse> {
  const scan = scanWorkspace(workspace);
  const [items, trash, parts, { bavail, blocks, bsize }] = await Promise.all([diskItems(workspace, jobs, now, scan), listTrash(workspace), usedPaths(workspace, jobs, scan).then((used) => cacheParts(used, now)), statfs(workspace)]);
  const bySize = (a: { bytes: number }, b: { bytes: number }): number => b.bytes - a.bytes;
  return { items: items.sort(bySize), trash, caches: parts, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export interface Recyclable {
  readonly kind: DiskKind;
  readonly id: string;
}

/** The things of the workspace's own that are meant. Kinds not-found, bad-request for a linked one, conflict while a run uses one. */
export async function recyclable(workspace: string, jobs: readonly Job[], wanted: readonly Recyclable[], now: number = Date.now()): Promise<DiskItem[]> {
  const items = await diskItems(workspace, jobs, now);
  return wanted.map(({ kind, id }) => checked(items.find((candidate) => candidate.kind === kind && candidate.id === id), kind, id));
}

function checked(item: DiskItem | undefined, kind: DiskKind, id: string): DiskItem {
  if (item === undefined) throw new LoupeError('not-found', `items: the workspace has no ${kind} "${id}"`);
  if (item.linked) throw new LoupeError('bad-request', `items: "${item.name}" is linked and lies outside the workspace: Loupe never deletes what is linked; forget it instead`);
  if (item.heldBy !== null) throw new LoupeError('conflict', `items: "${item.name}" is in use: ${item.heldBy}. Wait for it, or cancel it first`);
  return item;
}

/** Moves a checked item into the trash; gives the entry's id. */
export function recycle(workspace: string, item: DiskItem): string {
  return moveToTrash(workspace, item.kind, item.path, item.kind === 'leftover' ? item.id : basename(item.path));
}
