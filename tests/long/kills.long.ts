/** Training, harvest and catalog build, killed ten times each at random moments: what they end with is what an unbroken run ends with. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Random } from '../../src/engine/random.ts';
import { probeBackend } from '../../src/engine/backend/probe.ts';
import { dumpCatalog } from '../support/dump-catalog.ts';
import { snapshot } from '../support/folders.ts';

interface Work {
  /** Arguments of Node for work in `folder`, which exists. */
  readonly argv: (folder: string) => readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What must be equal. */
  readonly outcome: (folder: string) => unknown;
}

const kills = 10;
const support = join(import.meta.dirname, '..', 'support');

/** Runs it, killed after `killAfter` ms; true when it ended by itself. Throws when it failed. */
function attempt(work: Work, folder: string, killAfter: number | null): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...work.argv(folder)], { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...work.env } });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => void (stderr = (stderr + String(data)).slice(-4000)));
    const timer = killAfter === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(true);
      else if (signal === 'SIGKILL' && killAfter !== null) resolve(false);
      else reject(new Error(`it ended with ${signal ?? code}\n${stderr}`));
    });
  });
}

function fresh(root: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
}

function requireEqual(work: Work, folder: string, expected: unknown, when: string): void {
  if (!isDeepStrictEqual(work.outcome(folder), expected)) throw new Error(`the result after ${when} is not that of an unbroken run`);
}

async function killLoop(work: Work, seed: number): Promise<Record<string, unknown>> {
  const root = mkdtempSync(join(tmpdir(), 'loupe-kills-'));
  try {
    const random = Random.from(seed, 'kills');
    const start = performance.now();
    const whole = fresh(root, 'whole');
    await attempt(work, whole, null);
    const milliseconds = performance.now() - start;
    const expected = work.outcome(whole);
    let [killed, runs, folder] = [0, 1, fresh(root, 'run-1')];
    while (killed < kills) {
      // Starting Node and its libraries takes about the first 40 %; the kills spread over what follows.
      const ended = await attempt(work, folder, milliseconds * (0.4 + 0.6 * random.uniform()));
      if (!ended) killed++;
      else {
        requireEqual(work, folder, expected, `${killed} kills`);
        folder = fresh(root, `run-${++runs}`);
      }
    }
    await attempt(work, folder, null);
    requireEqual(work, folder, expected, `${killed} kills`);
    return { kills: killed, runs, milliseconds: Math.round(milliseconds) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const training = (backend: 'tensorflow' | 'cpu'): Work => ({
  argv: (folder) => [join(support, 'train-child.ts'), folder, backend],
  env: { LOUPE_BACKEND: backend },
  outcome: (folder) => {
    const weights = snapshot(join(folder, 'dictionary'))['sae_weights.safetensors'];
    if (weights === undefined) throw new Error('there is no dictionary');
    return weights;
  },
});

const harvest: Work = { argv: (folder) => [join(support, 'harvest-child.ts'), join(folder, 'store')], outcome: (folder) => snapshot(join(folder, 'store')) };

const build: Work = {
  argv: (folder) => [join(support, 'fake-build.ts'), join(folder, 'c.loupe'), join(folder, 'work')],
  outcome: (folder) => dumpCatalog(join(folder, 'c.loupe')),
};

async function onTensorflow(): Promise<Record<string, unknown>> {
  const { ok, reason } = await probeBackend('tensorflow');
  return ok ? killLoop(training('tensorflow'), 1) : { skipped: `no tensorflow backend here: ${reason}` };
}

export const cases = [
  { name: 'training on tensorflow', run: onTensorflow },
  { name: 'training on cpu', run: () => killLoop(training('cpu'), 2) },
  { name: 'harvest', run: () => killLoop(harvest, 3) },
  { name: 'catalog build', run: () => killLoop(build, 4) },
];
