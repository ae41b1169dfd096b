/** Whether a staged app works: its own command line, its engine and its studio are started from it, far from the checkout's packages. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const startTimeout = 120_000;

/** Runs `work` with a folder of its own for workspace, settings and cache. */
async function withScratch(work) {
  const scratch = mkdtempSync(join(tmpdir(), 'loupe-package-check-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The environment of a machine on which nothing is set up: plain JavaScript computes. */
function bare(scratch) {
  return { ...process.env, LOUPE_BACKEND: 'cpu', LOUPE_SETTINGS: join(scratch, 'settings'), LOUPE_CACHE: join(scratch, 'cache'), LOUPE_ELECTRON: '', NODE_PATH: '' };
}

function run(app, scratch, ...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(app, 'bin', 'loupe.mjs'), ...words], { cwd: scratch, env: bare(scratch), encoding: 'utf8', timeout: startTimeout });
  if (status !== 0) throw new Error(`loupe ${words.join(' ')} ended with status ${status} in the staged app:\n${stderr.slice(-2000)}`);
  return JSON.parse(stdout);
}

/** Serves the studio from the staged app, fetches its page, and ends it. */
async function serves(app, scratch) {
  const child = spawn(process.execPath, [join(app, 'bin', 'loupe.mjs'), 'serve', '--no-open', '--json', '--workspace', join(scratch, 'Loupe')], { cwd: scratch, env: bare(scratch), stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => { errors = (errors + data).slice(-2000); });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const line = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`it did not answer:\n${errors}`)), startTimeout);
      createInterface({ input: child.stdout }).once('line', (text) => { clearTimeout(timer); resolve(text); });
      child.once('exit', (status) => { clearTimeout(timer); reject(new Error(`it ended with status ${status}:\n${errors}`)); });
    });
    const page = await (await fetch(JSON.parse(line).address)).text();
    if (!page.includes('<script')) throw new Error('its page holds no script');
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

/** Everything that can be tried without a window; gives what was tried. @param {string} app */
export async function checkStaged(app) {
  return withScratch(async (scratch) => {
    const doctor = run(app, scratch, 'doctor', '--json');
    const inspected = run(app, scratch, 'models', 'inspect', join(app, 'resources', 'tiny-llama'), '--json');
    await serves(app, scratch);
    return { node: doctor.node ?? null, model: inspected.family ?? null, served: true };
  });
}
