/** What lies in a folder, for comparing before and after. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Relative path -> hash of the bytes of every file below `folder`; folders by their names with a slash. */
export function snapshot(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) found[`${name}/`] = '';
    else found[name] = createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12);
  }
  return found;
}
