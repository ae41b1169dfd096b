/** A studio for one test: the real `loupe serve` on a workspace of its own with a generated catalog, and a browser that shows it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { generateCatalog } from '../../bench/generate-catalog.ts';
import { noChromium, openBrowser, type Browser } from './chromium.ts';

const root = resolve(import.meta.dirname, '../..');
const startTimeout = 30_000;

/** Why these tests cannot run here, or false. The pages are built by `npm run build`, or by scripts/test.mjs. */
export const noStudio = noChromium || (existsSync(join(root, 'out/renderer/index.html')) ? false : 'the pages have not been built: npm run build');

export interface Host {
  readonly address: string;
  readonly workspace: string;
  readonly process: ChildProcess;
  /** Ends the host; the workspace stays. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts `loupe serve` and waits until it answers. */
export async function serve(workspace: string, port = 0): Promise<Host> {
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'src/cli/loupe.ts'), '--workspace', workspace, '--json', 'serve', '--port', String(port), '--no-open'], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOUPE_BACKEND: 'cpu' },
  });
  const errors: string[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => errors.push(line));
  const first = await new Promise<string>((take, refuse) => {
    const timer = setTimeout(() => refuse(new Error(`loupe serve did not answer:\n${errors.join('\n')}`)), startTimeout);
    createInterface({ input: child.stdout! }).once('line', (line) => { clearTimeout(timer); take(line); });
    child.once('exit', (code) => { clearTimeout(timer); refuse(new Error(`loupe serve ended with ${code}:\n${errors.join('\n')}`)); });
  });
  return {
    address: (JSON.parse(first) as { address: string }).address, workspace, process: child,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

export interface Studio extends Host, Browser {
  /** Goes to a route such as `#/features`. */
  readonly go: (route: string) => Promise<void>;
  /** Ends the browser and the host, and removes the workspace. */
  readonly end: () => Promise<void>;
}

export interface StudioOptions {
  /** Features of the generated catalog; 0 for an empty workspace. */
  readonly features?: number;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

export async function openStudio(options: StudioOptions = {}): Promise<Studio> {
  const workspace = await mkdtemp(join(tmpdir(), 'loupe-studio-'));
  const features = options.features ?? 600;
  if (features > 0) {
    await mkdir(join(workspace, 'catalogs'), { recursive: true });
    generateCatalog(join(workspace, 'catalogs', 'small.loupe'), { features, contexts: 400, labelled: 0.2, seed: 5 });
  }
  const host = await serve(workspace);
  const browser = await openBrowser(options);
  await browser.page.goto(host.address);
  return {
    ...host, ...browser,
    go: (route) => browser.page.evaluate((hash) => { location.hash = hash; }, route),
    end: async () => {
      await browser.close();
      await host.stop();
      await rm(workspace, { recursive: true, force: true });
    },
  };
}
