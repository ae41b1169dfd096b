/** 10,000 seeded mutations of each kind of file and frame that comes from outside: each ends in an error of a known kind or in a valid result. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { targets } from './mutation-targets.ts';

const total = 10_000;
/** A catalog is opened by threads and costs ten times as much as the others. */
const perCaseOf = (name: string): number => (name === 'catalog' || name === 'verified' ? 500 : 1_000);
/** One mutation takes milliseconds; this is a hang. */
const hangMs = 5_000;
/** Starting and preparing. */
const startMs = 60_000;
/** Resident memory of the whole child, in MB: Node, zod and SQLite are about 200. */
const mostMegabytes = 600;

const child = join(import.meta.dirname, 'mutation-child.ts');

interface Figures {
  readonly kinds: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  readonly failed: number;
  readonly largest: number;
  readonly peakMegabytes: number;
}

/** Runs one child to its end; a number that is not followed by another within `hangMs` is a hang. */
function attempt(name: string, first: number, count: number, folder: string): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--max-old-space-size=512', child, name, String(first), String(count), folder], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOUPE_BACKEND: 'cpu', LOUPE_CACHE: join(folder, 'cache') },
    });
    let [number, figures, stderr, hung] = [-1, null as Figures | null, '', false];
    const hang = (): void => {
      hung = true;
      running.kill('SIGKILL');
    };
    let watchdog = setTimeout(hang, startMs);
    running.stderr.on('data', (data: Buffer) => void (stderr = (stderr + String(data)).slice(-4000)));
    createInterface({ input: running.stdout }).on('line', (line) => {
      clearTimeout(watchdog);
      const said = JSON.parse(line) as { number: number } | Figures;
      if ('number' in said) number = said.number;
      else figures = said;
      watchdog = setTimeout(hang, hangMs);
    });
    running.once('close', (code, signal) => {
      clearTimeout(watchdog);
      if (hung) reject(new Error(`${name}: mutation ${number} took longer than ${hangMs} ms`));
      else if (figures === null) reject(new Error(`${name}: the process died at mutation ${number} (${signal ?? code})\n${stderr}`));
      else resolve(figures);
    });
  });
}

async function run(name: string, first: number, count: number): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-mutations-'));
  try {
    const { kinds, failures, failed, largest, peakMegabytes } = await attempt(name, first, count, folder);
    if (failed > 0) throw new Error(`${failed} mutations of ${name} failed:\n${failures.join('\n')}`);
    if (peakMegabytes > mostMegabytes) throw new Error(`${name}: ${peakMegabytes} MB at the peak`);
    const tried = Object.values(kinds).reduce((a, b) => a + b, 0);
    if (tried !== count) throw new Error(`${name}: ${tried} of ${count} were tried`);
    // Damage that is always refused, or never, would say that the mutations are the wrong ones.
    if (tried === (kinds['accepted'] ?? 0)) throw new Error(`${name}: every mutation was accepted`);
    return { ...kinds, largestBytes: largest, peakMegabytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const cases = Object.keys(targets).flatMap((name) => {
  const count = perCaseOf(name);
  return Array.from({ length: total / count }, (_, i) => ({ name: `${name}, mutations ${i * count} to ${(i + 1) * count - 1}`, run: () => run(name, i * count, count) }));
});
