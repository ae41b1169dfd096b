/** Where an installed npm package lies, whatever it exports and whether this code runs as source or as a bundle. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** The package as `require` from here would find it, or null when it is not installed. */
export function findPackage(name: string): InstalledPackage | null {
  for (const modules of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    const folder = join(modules, name);
    const description = join(folder, 'package.json');
    if (!existsSync(description)) continue;
    const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version?: unknown };
    return { folder, version: String(version) };
  }
  return null;
}
