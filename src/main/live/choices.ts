/** Where models and dictionaries lie that a catalog names by hash: what the user said or what was found, in the workspace's `live.json`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomic } from '../../engine/files/atomic.ts';

const places = z.record(z.string().max(200), z.string().min(1).max(4096));
const fileSchema = z.object({ version: z.literal(1), model: places, dictionary: places });

export type Wanted = 'model' | 'dictionary';
type Choices = z.infer<typeof fileSchema>;

/** Of each kind; the oldest fall out. */
const kept = 500;

const choicesFile = (workspace: string): string => join(workspace, 'live.json');

/** A file that is missing or broken holds no choices: they can all be made again. */
function read(workspace: string): Choices {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(choicesFile(workspace), 'utf8')));
  } catch {
    return { version: 1, model: {}, dictionary: {} };
  }
}

/** The path that was remembered for a hash, while something lies there. */
export function chosenPath(workspace: string, kind: Wanted, hash: string): string | null {
  const path = read(workspace)[kind][hash];
  return path !== undefined && existsSync(path) ? path : null;
}

/** Remembers a path. A workspace that cannot be written only forgets. */
export function rememberPath(workspace: string, kind: Wanted, hash: string, path: string): void {
  const choices = read(workspace);
  if (choices[kind][hash] === path) return;
  const others = Object.entries(choices[kind]).filter(([other]) => other !== hash).slice(-kept + 1);
  try {
    writeJsonAtomic(choicesFile(workspace), { ...choices, [kind]: Object.fromEntries([...others, [hash, path]]) });
  } catch {
    /* it will be looked for again */
  }
}
