/**
 * What set-up installed for this checkout. The layout is that of `scripts/setup/paths.mjs`; a test compares the two.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { entryPath } from '../entry.ts';

/** A part that set-up could not install, why, and what would help. */
export interface MissingPart {
  readonly part: string;
  readonly reason: string;
  readonly cure: string;
}

/** The record that set-up leaves: absolute paths of what it installed, and what it could not. */
export interface Installed {
  /** the native addon (`.node`) */
  readonly addon?: string | undefined;
  /** folder of the TensorFlow runtime: `lib/`, `include/` */
  readonly tensorflow?: string | undefined;
  /** whether the runtime is a CUDA build */
  readonly gpu?: boolean | undefined;
  /** the sample model, SmolLM2-135M-Instruct as GGUF */
  readonly sampleModel?: string | undefined;
  readonly missing: readonly MissingPart[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The project's folder, from a source file or from a bundle in `out/`. */
export function projectRoot(): string {
  return resolve(entryPath('root'));
}

/** The download cache: `LOUPE_CACHE`, else the platform's cache folder + `/loupe`. */
export function cacheRoot(env: Environment = process.env, platform: string = process.platform): string {
  if (env['LOUPE_CACHE']) return resolve(env['LOUPE_CACHE']);
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'loupe');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(homedir(), 'AppData', 'Local'), 'loupe', 'Cache');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'loupe');
}

/** The file in which set-up says what it installed for the checkout at `root`. */
export function stampPath(cache: string, root: string): string {
  return join(cache, 'setup', `${createHash('sha256').update(root).digest('hex').slice(0, 16)}.json`);
}

const notSetUp: MissingPart = {
  part: 'set-up',
  reason: 'set-up has not run for this checkout and cache folder',
  cure: 'run: npm run setup',
};

/** Reads set-up's record; paths in it that have gone are left out. `LOUPE_ADDON` overrides the addon's path. */
export function readInstalled(env: Environment = process.env, root: string = projectRoot()): Installed {
  const override = env['LOUPE_ADDON'];
  const record = parseRecord(stampPath(cacheRoot(env), root));
  const found = record ?? { missing: [notSetUp] };
  return override === undefined || override === '' ? found : { ...found, addon: resolve(override) };
}

function parseRecord(path: string): Installed | undefined {
  let record: { artefacts?: Record<string, unknown>; missing?: unknown };
  try {
    record = JSON.parse(readFileSync(path, 'utf8')) as typeof record;
  } catch {
    return undefined;
  }
  const artefacts = record.artefacts ?? {};
  const present = (key: string): string | undefined => {
    const value = artefacts[key];
    return typeof value === 'string' && existsSync(value) ? value : undefined;
  };
  return {
    addon: present('addon'),
    tensorflow: present('tensorflow'),
    gpu: artefacts['gpu'] === true,
    sampleModel: present('sampleModel'),
    missing: Array.isArray(record.missing) ? (record.missing as MissingPart[]) : [],
  };
}
