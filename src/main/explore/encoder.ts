/** Which sentence encoder serves: the folder that the workspace names, else the component of set-up; and fetching the latter. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../../engine/entry.ts';
import { installedEncoder, sentenceEncoderComponent } from '../../engine/lm/encoders/find.ts';
import { LoupeError } from '../../shared/errors.ts';
import { engineNode } from '../engine/node.ts';
import { readSettings } from '../workspace/settings.ts';

export interface EncoderChoice {
  readonly folder: string;
  readonly origin: 'workspace' | 'component';
}

/** The encoder's folder, or null where there is none. */
export function chosenEncoder(workspace: string, cache?: string): EncoderChoice | null {
  const { encoder } = readSettings(workspace);
  if (encoder !== null) return { folder: encoder, origin: 'workspace' };
  const folder = installedEncoder(cache);
  return folder === null ? null : { folder, origin: 'component' };
}

/** The encoder's folder. Kind missing-component says how to get one, with a network and without. */
export function requireEncoder(workspace: string, given = ''): string {
  const folder = given === '' ? chosenEncoder(workspace)?.folder : given;
  if (folder !== undefined) return folder;
  const { name, bytes } = sentenceEncoderComponent();
  throw new LoupeError('missing-component', `there is no sentence encoder yet: install ${name} (${Math.round(bytes / 1e6)} MB), or name the folder of one with --encoder or in the Features page's search`);
}

/** How the component is fetched: a program, its arguments, and the environment. */
export interface Installer {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

function installer(): Installer {
  const script = join(entryPath('root'), 'scripts', 'components.mjs');
  if (!existsSync(script)) throw new LoupeError('missing-component', `${script} is not part of this installation: name the folder of a sentence encoder instead`);
  const { execPath, env } = engineNode();
  return { program: execPath, args: [script, 'sentence-encoder'], env };
}

/**
 * Fetches the component by set-up's own script and gives its folder. What it says goes to `log`; `signal` stops it.
 * Kinds: missing-component (no Python, no network) with what would help, cancelled.
 */
export async function installEncoder(signal: AbortSignal, log: (line: string) => void, { program, args, env }: Installer = installer()): Promise<string> {
  const child = spawn(program, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
    for (const line of chunk.toString().split(/\r?\n/)) if (line.trim() !== '') log(line.trim());
  });
  const status = await new Promise<number | null>((settle, reject) => {
    child.on('error', reject);
    child.on('close', settle);
  }).finally(() => signal.removeEventListener('abort', stop));
  if (signal.aborted) throw new LoupeError('cancelled', 'fetching the sentence encoder was stopped. Start it again to fetch it.');
  if (status === 0) return out.trim();
  const last = errors.trim().split('\n').at(-1)?.replace(/^components: /u, '') ?? `status ${status}`;
  throw new LoupeError('missing-component', `the sentence encoder could not be installed: ${last}. Without a network, name a folder that holds one.`, errors);
}
