#!/usr/bin/env node
/**
 * A catalog build beside SAEDashboard on the same features and tokens, and beside a tuned PyTorch loop for the strongest tokens and
 * histograms of a TopK dictionary: alternately, on one machine, one process a run.
 *
 *   DASHBOARD_PYTHON=venv/bin/python PEERS_PYTHON=venv/bin/python node bench/catalog-vs-peers.mjs [--features 512] [--contexts 256] [--shape 768,24576,32,131072] [--peers DIR] [--rounds 3] [--json FILE]
 *
 * SAEDashboard (pip: sae-dashboard) runs from a local config, without a network; leave DASHBOARD_PYTHON out to skip it aloud. Loupe writes a
 * whole catalog there: everything on a feature's page, the file included. DIR holds catalog.py (default ../shared/bench beside the checkout),
 * which covers 2,048 features and writes nothing; Loupe covers all n of them there, figures and examples on disk, the catalog's own rows not
 * counted. Ratios are of medians, by wall-clock and by processor time: on a
 * busy machine only the second speaks of the programs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    features: { type: 'string', default: '512' }, contexts: { type: 'string', default: '256' }, shape: { type: 'string', default: '768,24576,32,131072' },
    peers: { type: 'string', default: resolve(root, '../shared/bench') }, rounds: { type: 'string', default: '3' }, json: { type: 'string' },
  },
});
const threads = process.env.LOUPE_THREADS ?? String(availableParallelism());
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** The last line of a program's output as JSON, with the processor time of the child where it does not say itself. */
function runJson(program, args) {
  const output = execFileSync(program, args, {
    encoding: 'utf8', env: { ...process.env, LOUPE_THREADS: threads, OMP_NUM_THREADS: threads }, stdio: ['ignore', 'pipe', 'ignore'], timeout: 3_600_000, maxBuffer: 1 << 26,
  });
  return JSON.parse(output.trim().split('\n').at(-1));
}

const loupe = (...args) => runJson(join(root, 'node_modules/.bin/node'), ['--disable-warning=DEP0044', join(root, 'bench/catalog-build.ts'), ...args]);

/** Alternating runs of two programs; the peer first, whose files Loupe may need. */
function compare(name, peer, own) {
  const runs = { peer: [], loupe: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    runs.peer.push(peer());
    runs.loupe.push(own());
  }
  const of = (list, field) => median(list.map((run) => run[field]));
  const [peerSeconds, seconds] = [of(runs.peer, 'seconds'), of(runs.loupe, 'seconds')];
  const cpu = runs.peer[0].cpu_s === undefined ? null : of(runs.peer, 'cpu_s') / of(runs.loupe, 'cpu_s');
  console.log(`${name}: ${peerSeconds.toFixed(1)} s; Loupe: ${seconds.toFixed(1)} s; Loupe is ${(peerSeconds / seconds).toFixed(2)} x as fast${cpu === null ? '' : `, by processor time ${cpu.toFixed(2)} x`} (load ${loadavg()[0].toFixed(1)})`);
  return { name, peerSeconds, seconds, ratio: peerSeconds / seconds, cpu, load: loadavg(), runs };
}

const found = [];
if (process.env.DASHBOARD_PYTHON === undefined) console.log('SAEDashboard is left out: DASHBOARD_PYTHON names no Python that has it');
else {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-dashboard-'));
  try {
    const args = [join(root, 'bench/catalog_peer.py'), folder, '--features', options.features, '--contexts', options.contexts, '--threads', threads];
    found.push(compare(`SAEDashboard, ${options.features} features, ${Number(options.contexts) * 128} tokens`, () => runJson(process.env.DASHBOARD_PYTHON, ['-B', ...args]), () => loupe('--folder', folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
if (process.env.PEERS_PYTHON === undefined) console.log('the PyTorch loop is left out: PEERS_PYTHON names no Python that has torch');
else {
  const [d, n, k, tokens] = options.shape.split(',');
  const args = [join(options.peers, 'catalog.py'), '--mode', 'topk', '--d', d, '--n', n, '--k', k, '--tokens', tokens, '--threads', threads];
  const peer = () => { const run = runJson(process.env.PEERS_PYTHON, ['-B', ...args]); return { ...run, seconds: run.total_s, cpu_s: run.cpu_share * Number(threads) * run.total_s }; };
  const own = () => { const run = loupe('--synthetic', options.shape); return { ...run, seconds: run.statistics_s, cpu_s: run.statistics_cpu_s }; };
  found.push(compare(`PyTorch loop, TopK ${options.shape}`, peer, own));
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ options, threads, found }, null, 2)}\n`);
