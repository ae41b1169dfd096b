/** Things outside the workspace that belong to it by path: `workspace.json`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';
import { LoupeError } from '../../shared/errors.ts';
import { itemKinds } from '../../shared/schema/workspace.ts';

const linkSchema = z.strictObject({ kind: z.enum(itemKinds), path: z.string().min(1).max(4096) });
const fileSchema = z.object({ version: z.literal(1), links: z.array(linkSchema).max(10_000) });

export type Link = z.infer<typeof linkSchema>;

const linksFile = (workspace: string): string => join(workspace, 'workspace.json');

/** The links of a workspace. Kind bad-file when its file is broken: it is not replaced, so nothing is lost. */
export function readLinks(workspace: string): Link[] {
  const path = linksFile(workspace);
  if (!existsSync(path)) return [];
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LoupeError('bad-file', `${path} is not JSON: repair it, or move it away to forget what was linked`, (error as Error).message);
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw new LoupeError('bad-file', `${path} is not a list of links: repair it, or move it away`, parsed.error.message);
  return parsed.data.links;
}

export function writeLinks(workspace: string, links: readonly Link[]): void {
  writeJsonAtomic(linksFile(workspace), { version: 1, links });
}
