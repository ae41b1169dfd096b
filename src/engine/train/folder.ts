/** The folder of a run or a sweep: taken by one process, and never shared by two configs. */
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { LoupeError } from '../../shared/errors.ts';
import { readJson } from '../formats/sae-lens.ts';
import { lockStore } from '../store/lock.ts';

/** Takes a folder, so that nobody else works there (kind locked); the result gives it back, and removes it if nothing came into it. */
export function takeFolder(folder: string): () => void {
  const isNew = !existsSync(folder);
  mkdirSync(folder, { recursive: true });
  const unlock = lockStore(folder);
  return () => {
    unlock();
    try {
      if (isNew) rmdirSync(folder);
    } catch {
      /* it holds the run */
    }
  };
}

/** Refuses to go on with another config than the one in `path`, if there is one: kind conflict lists the fields. `free` fields may differ. */
export function refuseOther(config: Readonly<Record<string, unknown>>, path: string, free: readonly string[] = []): void {
  if (!existsSync(path)) return;
  const before = readJson(path);
  const differences: string[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(config)])) {
    const [was, is] = [JSON.stringify(before[key]), JSON.stringify(config[key])];
    if (was !== is && !free.includes(key)) differences.push(`${key} ${was ?? 'absent'}, not ${is ?? 'absent'}`);
  }
  if (differences.length === 0) return;
  throw new LoupeError('conflict', `${path} is of a run with ${differences.join('; ')}: resume it with its own config, or choose another folder`);
}
