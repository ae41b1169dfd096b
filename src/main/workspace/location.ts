/** Where the workspace is when nobody says: `LOUPE_WORKSPACE`, else `Loupe` in the platform's documents folder. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The documents folder by the desktop's own setting (freedesktop user-dirs), or undefined. */
function xdgDocuments(home: string, environment: NodeJS.ProcessEnv): string | undefined {
  const file = join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'user-dirs.dirs');
  if (!existsSync(file)) return undefined;
  const value = /^XDG_DOCUMENTS_DIR="(.+)"$/m.exec(readFileSync(file, 'utf8'))?.[1]?.replace(/^\$HOME/, home);
  return value?.startsWith('/') && value !== home && value !== `${home}/` ? value : undefined;
}

/** The default workspace folder, absolute; it need not exist. */
export function defaultWorkspace(environment: NodeJS.ProcessEnv = process.env, home: string = homedir(), platform: NodeJS.Platform = process.platform): string {
  const given = environment['LOUPE_WORKSPACE'];
  if (given) return resolve(given);
  const documents = platform === 'linux' ? xdgDocuments(home, environment) : undefined;
  return join(documents ?? join(home, 'Documents'), 'Loupe');
}

/** Where Loupe keeps what belongs to the user and not to a workspace: `LOUPE_SETTINGS`, else the platform's settings folder + loupe. */
export function settingsFolder(environment: NodeJS.ProcessEnv = process.env, home: string = homedir(), platform: NodeJS.Platform = process.platform): string {
  const given = environment['LOUPE_SETTINGS'];
  if (given) return resolve(given);
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Loupe');
  if (platform === 'win32') return join(environment['APPDATA'] || join(home, 'AppData', 'Roaming'), 'Loupe');
  return join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'loupe');
}
