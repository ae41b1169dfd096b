/** What takes room: the things of a workspace on disk, its trash, Loupe's caches, and the memory of its processes. */
import { z } from 'zod';
import { itemKinds } from './workspace.ts';

/** What can be moved to the trash: items, runs, and files that a process left behind when it was killed. */
export const diskKinds = [...itemKinds, 'run', 'leftover'] as const;

export const diskItemSchema = z.strictObject({
  kind: z.enum(diskKinds),
  id: z.string(),
  name: z.string(),
  path: z.string(),
  bytes: z.number().nonnegative(),
  /** The folder holds more files than were counted: `bytes` is a lower bound. */
  atLeast: z.boolean(),
  modifiedAt: z.string(),
  /** Lies outside the workspace: shown, never moved or deleted. */
  linked: z.boolean(),
  /** Why it cannot be moved to the trash now ("the run Train: x reads it"), or null. */
  heldBy: z.string().nullable(),
});

/** A thing in the workspace's trash folder, and where it was. */
export const trashEntrySchema = z.strictObject({
  id: z.string(),
  kind: z.enum(diskKinds),
  name: z.string(),
  bytes: z.number().nonnegative(),
  deletedAt: z.string(),
});

/** A part of the cache that all workspaces of this machine share. */
export const cachePartSchema = z.strictObject({
  name: z.string(),
  path: z.string(),
  bytes: z.number().nonnegative(),
  /** What it is for, and what brings it back. */
  about: z.string(),
  /** Why it cannot be deleted now, in words. */
  heldBy: z.string().nullable(),
});

export const diskUseSchema = z.strictObject({
  items: z.array(diskItemSchema),
  trash: z.array(trashEntrySchema),
  caches: z.array(cachePartSchema),
  freeBytes: z.number().nonnegative(),
  totalBytes: z.number().nonnegative(),
});

/** Memory in bytes. `rss` is what the system counts as resident; null where it cannot be told. */
export const memorySchema = z.strictObject({
  main: z.strictObject({ rss: z.number(), heapUsed: z.number(), heapTotal: z.number() }),
  engine: z.strictObject({ pid: z.number().int(), rss: z.number().nullable() }).nullable(),
  machine: z.strictObject({ total: z.number(), available: z.number() }),
  gpus: z.array(z.strictObject({ name: z.string(), used: z.number(), total: z.number() })),
});

export const recentWorkspaceSchema = z.strictObject({
  path: z.string(),
  openedAt: z.string(),
  /** Is the one that is open here. */
  current: z.boolean(),
});

export type DiskKind = (typeof diskKinds)[number];
export type DiskItem = z.infer<typeof diskItemSchema>;
export type TrashEntry = z.infer<typeof trashEntrySchema>;
export type CachePart = z.infer<typeof cachePartSchema>;
export type DiskUse = z.infer<typeof diskUseSchema>;
export type Memory = z.infer<typeof memorySchema>;
export type RecentWorkspace = z.infer<typeof recentWorkspaceSchema>;
