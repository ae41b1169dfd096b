#!/usr/bin/env node
/**
 * A training step of a language model beside the same layers in straightforward PyTorch: alternately, on one machine, one process a run.
 *
 *   PEERS_PYTHON=.venv/bin/python node bench/lm-vs-peers.mjs [--arch dense,moe-x,monet-hd,monet-vd] [--d 256] [--layers 6] [--heads 8] [--context 256] [--tokens 8192] [--steps 5] [--rounds 3] [--json FILE]
 *
 * Ratios are of medians over rounds, by wall-clock and by processor time; where other programs take a core only the second speaks of the two.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    arch: { type: 'string', default: 'dense,moe-x,monet-hd,monet-vd' }, d: { type: 'string', default: '256' }, layers: { type: 'string', default: '6' }, heads: { type: 'string', default: '8' },
    context: { type: 'string', default: '256' }, tokens: { type: 'string', default: '8192' }, steps: { type: 'string', default: '5' }, rounds: { type: 'string', default: '3' }, json: { type: 'string' },
  },
});
const python = process.env.PEERS_PYTHON ?? 'python3';
const threads = process.env.LOUPE_THREADS ?? String(availableParallelism());
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

/** The last line of a program's output as JSON. */
function runJson(program, args) {
  const env = { ...process.env, LOUPE_THREADS: threads, OMP_NUM_THREADS: threads };
  const output = execFileSync(program, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'], timeout: 1_800_000 });
  return JSON.parse(output.trim().split('\n').at(-1));
}

const shape = (arch) => ['--arch', arch, '--d', options.d, '--layers', options.layers, '--heads', options.heads, '--context', options.context, '--tokens', options.tokens, '--steps', options.steps];
const loupe = (arch) => runJson(join(root, 'node_modules/.bin/node'), [join(root, 'src/cli/loupe.ts'), 'bench', 'lm', ...shape(arch), ...(arch === 'moe-x' || arch === 'switch' ? ['--set', 'biases=false'] : []), '--json']);
const pytorch = (arch) => runJson(python, ['-B', join(root, 'bench/lm_peer.py'), ...shape(arch), '--threads', threads]);

const found = [];
for (const arch of options.arch.split(',')) {
  const runs = { loupe: [], pytorch: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    runs.loupe.push(loupe(arch));
    runs.pytorch.push(pytorch(arch));
  }
  const of = (name, field) => median(runs[name].map((run) => run[field]));
  const row = {
    arch, loupe_tokens_per_s: Math.round(of('loupe', 'tokens_per_s')), pytorch_tokens_per_s: Math.round(of('pytorch', 'tokens_per_s')),
    ratio: of('pytorch', 'ms_per_step') / of('loupe', 'ms_per_step'), cpu: of('pytorch', 'cpu_ms_per_step') / of('loupe', 'cpu_ms_per_step'),
    loupe_mb: Math.round(of('loupe', 'peak_rss_mb')), pytorch_mb: Math.round(of('pytorch', 'peak_rss_mb')), parameters: [runs.loupe[0].parameters, runs.pytorch[0].parameters], load: loadavg()[0],
  };
  found.push(row);
  console.log(`${arch}: Loupe ${row.loupe_tokens_per_s} tokens/s (${row.loupe_mb} MB), PyTorch ${row.pytorch_tokens_per_s} (${row.pytorch_mb} MB): ${row.ratio.toFixed(2)} x, by processor time ${row.cpu.toFixed(2)} x (load ${row.load.toFixed(1)})`);
}
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ options, threads, found }, null, 2)}\n`);
