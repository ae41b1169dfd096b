/** Finds the Electron binary, which is fetched from outside the registry and so may be absent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../engine/entry.ts';

/** `LOUPE_ELECTRON`, else what the electron package has unpacked; null when there is none. Nothing is fetched. */
export function electronBinary(environment: NodeJS.ProcessEnv = process.env, root: string = entryPath('root')): string | null {
  const given = environment['LOUPE_ELECTRON'];
  if (given) return existsSync(given) ? given : null;
  const folder = join(root, 'node_modules', 'electron');
  const told = join(folder, 'path.txt');
  if (!existsSync(told)) return null;
  const binary = join(folder, 'dist', readFileSync(told, 'utf8').trim());
  return existsSync(binary) ? binary : null;
}
