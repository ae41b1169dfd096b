/** The workspaces that were opened on this machine, newest first: `recent.json` in the user's settings folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { kindFolders } from './layout.ts';
import { settingsFolder } from './location.ts';

const kept = 20;
const entrySchema = z.object({ path: z.string().min(1).max(4096), openedAt: z.string() });
const fileSchema = z.object({ version: z.literal(1), workspaces: z.array(entrySchema).max(1000) });

export type RecentEntry = z.infer<typeof entrySchema>;

const recentFile = (folder: string): string => join(folder, 'recent.json');

/** True for a folder that has been a workspace: it has the folders that every workspace has. */
export function isWorkspace(path: string): boolean {
  return ['runs', ...Object.values(kindFolders)].every((name) => statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() === true);
}

/** Those that are still there. A list that cannot be read is empty: it is a convenience, not data. */
export function recentWorkspaces(folder: string = settingsFolder()): RecentEntry[] {
  const path = recentFile(folder);
  if (!existsSync(path)) return [];
  try {
    const parsed = fileSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data.workspaces.filter((entry) => isWorkspace(entry.path)) : [];
  } catch {
    return [];
  }
}

/** Puts a workspace at the head of the list. A settings folder that cannot be written costs the list, nothing else. */
export function rememberWorkspace(workspace: string, folder: string = settingsFolder(), now: Date = new Date()): void {
  const path = resolve(workspace);
  const others = recentWorkspaces(folder).filter((entry) => entry.path !== path);
  try {
    writeJsonAtomic(recentFile(folder), { version: 1, workspaces: [{ path, openedAt: now.toISOString() }, ...others].slice(0, kept) });
  } catch (error) {
    console.error(`the list of recent workspaces cannot be written: ${(error as Error).message}`);
  }
}
