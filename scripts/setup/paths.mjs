/** Where set-up keeps things. `src/engine/backend/installed.ts` reads the same layout. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout or package. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The download cache: `LOUPE_CACHE`, else the platform's cache folder + /loupe.
 * @param {Record<string, string | undefined>} [env] @param {string} [platform] */
export function cacheRoot(env = process.env, platform = process.platform) {
  if (env.LOUPE_CACHE) return resolve(env.LOUPE_CACHE);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'loupe');
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'loupe', 'Cache');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'loupe');
}

/** The file that says what set-up installed for one checkout.
 * @param {string} cache @param {string} [root] */
export function stampPath(cache, root = projectRoot) {
  return join(cache, 'setup', `${createHash('sha256').update(root).digest('hex').slice(0, 16)}.json`);
}
