/** Components that set-up's own script fetches on first use, in a process of its own. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryPath } from '../engine/entry.ts';
import { LoupeError } from '../shared/errors.ts';
import { engineNode } from './engine/node.ts';

/** How a component is fetched: a program, its arguments, and the environment. */
export interface Installer {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

export interface WantedComponent {
  /** Its name in scripts/components.mjs. */
  readonly id: string;
  /** Within a sentence: "the sentence encoder". */
  readonly title: string;
  /** A sentence: what to do where it cannot be fetched. */
  readonly instead: string;
}

function installer({ id, instead }: WantedComponent): Installer {
  const script = join(entryPath('root'), 'scripts', 'components.mjs');
  if (!existsSync(script)) throw new LoupeError('missing-component', `${script} is not part of this installation. ${instead}`);
  const { execPath, env } = engineNode();
  return { program: execPath, args: [script, id], env };
}

/**
 * Fetches a component and gives its path. What the script says goes to `log`; `signal` stops it.
 * Kinds: missing-component (no Python, no network) with what would help, cancelled.
 */
export async function installComponent(wanted: WantedComponent, signal: AbortSignal, log: (line: string) => void, { program, args, env }: Installer = installer(wanted)): Promise<string> {
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
  if (signal.aborted) throw new LoupeError('cancelled', `fetching ${wanted.title} was stopped. Start it again to fetch it.`);
  if (status === 0) return out.trim();
  const last = errors.trim().split('\n').at(-1)?.replace(/^components: /u, '') ?? `status ${status}`;
  throw new LoupeError('missing-component', `${wanted.title} could not be installed: ${last}. ${wanted.instead}`, errors);
}
