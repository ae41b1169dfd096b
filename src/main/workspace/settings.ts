/** What was chosen for a workspace, in its `settings.json`. Fields that this version does not know are kept. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { LoupeError } from '../../shared/errors.ts';

const settingsSchema = z.looseObject({
  version: z.literal(1).default(1),
  /** Folder of the sentence encoder; null: the one that set-up installs. */
  encoder: z.string().min(1).max(4096).nullable().default(null),
});

export type WorkspaceSettings = z.infer<typeof settingsSchema>;

const fileOf = (workspace: string): string => join(workspace, 'settings.json');

/** The settings, with defaults where nothing was chosen. Kind bad-file for a broken file: it is not replaced, so nothing is lost. */
export function readSettings(workspace: string): WorkspaceSettings {
  const path = fileOf(workspace);
  if (!existsSync(path)) return settingsSchema.parse({});
  try {
    return settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new LoupeError('bad-file', `${path} is not the settings of a workspace: repair it, or move it away to begin anew`, (error as Error).message);
  }
}

/** Changes some settings and keeps the others. */
export function changeSettings(workspace: string, change: Partial<Pick<WorkspaceSettings, 'encoder'>>): void {
  writeJsonAtomic(fileOf(workspace), { ...readSettings(workspace), ...change });
}
