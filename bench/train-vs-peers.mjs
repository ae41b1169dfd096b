#!/usr/bin/env node
/**
 * Training steps of Loupe beside those of PyTorch libraries: alternately, on one machine, one process a run.
 *
 *   PEERS_PYTHON=.venv/bin/python node bench/train-vs-peers.mjs [--peers DIR] [--rounds N] [--steps N] [--shapes d,n,k,B;...] [--impls a,b] [--arch A] [--bf16] [--json FILE]
 *
 * --bf16: the peers under bfloat16 autocast (torch-best: bfloat16 selection), Loupe with --precision bf16.
 *
 * --arch topk|batchtopk|jumprelu|relu|matryoshka|matching-pursuit: give --impls that have it (saelens, dictlearn; saelens; saelens, overcomplete).
 * ReLU and JumpReLU start at an L0 of k, where they are late in a run; --l0 0 lets them start at their own, where most latents are active.
 *
 * DIR holds peers.py (default ../shared/bench beside the checkout). Ratios are of medians over rounds. Close everything else first:
 * a run in which other programs took a core is marked.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    peers: { type: 'string', default: resolve(root, '../shared/bench') },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '5' },
    shapes: { type: 'string', default: '128,2048,16,2048;768,6144,32,4096;768,24576,32,4096' },
    impls: { type: 'string', default: 'saelens,dictlearn,sparsify,torch-best' },
    arch: { type: 'string', default: 'topk' },
    l0: { type: 'string' },
    bf16: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const python = process.env.PEERS_PYTHON ?? 'python3';
const threads = process.env.LOUPE_THREADS ?? '2';

/** Loupe's names of the peers' architectures. */
const variants = { topk: 'topk', batchtopk: 'batch-topk', jumprelu: 'jumprelu', relu: 'relu', matryoshka: 'matryoshka', 'matching-pursuit': 'matching-pursuit' };

/** The last line of a program's output as JSON. */
function runJson(program, args, env = {}) {
  const output = execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'], timeout: 900_000 });
  return JSON.parse(output.trim().split('\n').at(-1));
}

function loupe([d, n, k, batch]) {
  const args = ['--disable-warning=DEP0044', join(root, 'src/cli/loupe.ts'), 'bench', 'train'];
  const shape = ['--d', d, '--n', n, '--k', k, '--batch', batch, '--steps', options.steps, '--precision', options.bf16 ? 'bf16' : 'f32', '--variant', variants[options.arch], '--l0', options.l0 ?? k, '--json'].map(String);
  return runJson(join(root, 'node_modules/.bin/node'), [...args, ...shape], { LOUPE_THREADS: threads });
}

function peer(impl, shape) {
  const [script, ...more] = options.arch in { matryoshka: 1, 'matching-pursuit': 1 } ? [join(root, 'bench/variant_peer.py'), '--common', options.peers] : [join(options.peers, 'peers.py')];
  return runJson(python, [script, ...more, '--arch', options.arch, '--impl', impl, '--case', shape.join(','), '--steps', options.steps, '--threads', threads, ...(options.bf16 ? ['--bf16'] : [])]);
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

function describe(name, runs) {
  const figures = { tokens_per_s: median(runs.map((r) => r.tokens_per_s)), peak_rss_mb: median(runs.map((r) => r.peak_rss_mb)), share_of_product_bound: median(runs.map((r) => r.share_of_product_bound)) };
  const busy = runs.some((r) => (r.other_cpu_share ?? 0) > 0.08 || (r.cpu_share ?? 1) < 0.8);
  return { name, ...figures, contended: busy };
}

/** All rounds of one shape: Loupe before each peer, so that both see the same weather. */
function benchShape(shape) {
  const impls = options.impls.split(',');
  const runs = Object.fromEntries(['loupe', ...impls].map((name) => [name, []]));
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const impl of impls) {
      runs.loupe.push(loupe(shape));
      runs[impl].push(peer(impl, shape));
      console.error(`(${shape.join(', ')}) round ${round + 1}: loupe ${runs.loupe.at(-1).tokens_per_s}, ${impl} ${runs[impl].at(-1).tokens_per_s} tokens/s`);
    }
  }
  const own = describe('loupe', runs.loupe);
  const peers = impls.map((name) => describe(name, runs[name]));
  return { shape, loupe: own, peers: peers.map((p) => ({ ...p, ratio: Number((own.tokens_per_s / p.tokens_per_s).toFixed(2)) })), runs };
}

const results = options.shapes.split(';').map((text) => benchShape(text.split(',').map(Number)));
for (const { shape, loupe: own, peers } of results) {
  console.log(`\nd, n, k, B = ${shape.join(', ')}${own.contended ? '  (the machine was busy)' : ''}`);
  console.log(`  loupe         ${own.tokens_per_s} tokens/s  ${own.peak_rss_mb} MB  ${own.share_of_product_bound} of the bound by one float32 product`);
  for (const p of peers) console.log(`  ${p.name.padEnd(13)} ${p.tokens_per_s} tokens/s  ${p.peak_rss_mb} MB  loupe is ${p.ratio} x as fast${p.contended ? '  (busy)' : ''}`);
}
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
