#!/usr/bin/env node
/**
 * The forward pass of Loupe to a hook beside that of `transformers` cut to the same blocks: alternately, on one machine, one
 * process a run, both returning the hook's tensor.
 *
 *   PEERS_PYTHON=.venv/bin/python node bench/forward-vs-peers.mjs --model MODEL.gguf [--layers 10] [--batch 16] [--context 128] [--passes 5] [--rounds 3] [--json FILE]
 *
 * Ratios are of medians over rounds. `cpu` is the ratio of processor time a pass: where other programs take a core, wall-clock
 * times tell of them and processor time still of the two; with one thread (LOUPE_THREADS=1) no waiting is in it.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    model: { type: 'string' }, layers: { type: 'string', default: '10' }, batch: { type: 'string', default: '16' }, context: { type: 'string', default: '128' },
    passes: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' }, json: { type: 'string' },
  },
});
if (options.model === undefined) {
  console.error('--model is missing: give a GGUF file');
  process.exit(2);
}
const python = process.env.PEERS_PYTHON ?? 'python3';
const threads = process.env.LOUPE_THREADS ?? String(availableParallelism());

/** The last line of a program's output as JSON. */
function runJson(program, args, env) {
  const output = execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'], timeout: 900_000 });
  return JSON.parse(output.trim().split('\n').at(-1));
}

const shape = ['--batch', options.batch, '--context', options.context, '--passes', options.passes];

function loupe() {
  const args = [join(root, 'src/cli/loupe.ts'), 'bench', 'forward', '--model', options.model, '--hook', `blocks.${Number(options.layers) - 1}.hook_resid_post`, ...shape, '--json'];
  return runJson(join(root, 'node_modules/.bin/node'), args, { LOUPE_THREADS: threads });
}

function transformers() {
  const args = [join(root, 'bench/forward_peer.py'), resolve(options.model), '--layers', options.layers, '--threads', threads, ...shape];
  return runJson(python, ['-B', ...args], { OMP_NUM_THREADS: threads });
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

const runs = { loupe: [], transformers: [] };
for (let round = 0; round < Number(options.rounds); round++) {
  runs.loupe.push(loupe());
  runs.transformers.push(transformers());
}
const [a, b] = [runs.loupe[0].norm_of_last, runs.transformers[0].norm_of_last];
if (Math.abs(a - b) > 1e-3 * Math.abs(b)) throw new Error(`the two do not compute the same: norms of the last token ${a} and ${b}`);
const rows = Object.entries(runs).map(([name, list]) => ({
  name, tokens_per_s: Math.round(median(list.map((run) => run.tokens_per_s))), ms_per_pass: Math.round(median(list.map((run) => run.ms_per_pass))),
  best_ms: Math.round(Math.min(...list.map((run) => run.best_ms))), cpu_ms_per_pass: Math.round(median(list.map((run) => run.cpu_ms_per_pass))),
  peak_rss_mb: Math.round(median(list.map((run) => run.peak_rss_mb))),
}));
console.table(rows);
const [own, peer] = rows;
const ratios = {
  median: Number((own.tokens_per_s / peer.tokens_per_s).toFixed(2)), best: Number((peer.best_ms / own.best_ms).toFixed(2)),
  cpu: Number((peer.cpu_ms_per_pass / own.cpu_ms_per_pass).toFixed(2)),
};
console.log(`threads ${threads}: Loupe / transformers = ${ratios.median} by medians, ${ratios.best} by best passes, ${ratios.cpu} by processor time`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ settings: { ...options, threads }, rows, ratios, runs }, null, 2)}\n`);
