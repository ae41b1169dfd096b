/** Jobs that only pretend, so that the Runs page has something to draw. */
import { z } from 'zod';
import { Random } from '../../../src/engine/random.ts';
import { harvestConfigSchema } from '../../../src/engine/harvest/config.ts';
import type { EventHub } from '../../../src/main/events.ts';
import { LoupeError } from '../../../src/shared/errors.ts';
import type { Handlers } from '../../../src/shared/contract.ts';
import type { Job, JobForm } from '../../../src/shared/schema/job.ts';
import { vector } from '../../../src/shared/schema/tensor.ts';

const jsonSchema = (schema: z.ZodType): Record<string, unknown> => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

const trainSchema = z.strictObject({
  activations: z.string().min(1).meta({ description: 'Activation store', path: true }),
  dSae: z.number().int().min(1).max(1_048_576).default(4608).meta({ description: 'Latents of the dictionary', unit: 'latents' }),
  k: z.number().int().min(1).max(4096).default(32).meta({ description: 'Latents kept a token', unit: 'latents' }),
  lr: z.number().positive().max(1).default(8e-4).meta({ description: 'Learning rate of Adam after warm-up' }),
  steps: z.number().int().min(1).default(600).meta({ description: 'Optimiser steps', unit: 'steps' }),
  clip: z.boolean().default(false).meta({ description: 'Clip gradients by their global norm; a second pass' }),
  seed: z.number().int().min(0).max(0xffffffff).default(0).meta({ description: 'Seed of everything random' }),
});

const forms: JobForm[] = [
  { kind: 'harvest', variant: null, title: 'Harvest activations', paper: null, summary: 'Runs a model over a corpus and keeps the activations at one or several hooks.', schema: jsonSchema(harvestConfigSchema) },
  { kind: 'train', variant: 'topk', title: 'TopK', paper: 'Gao et al. 2024, arXiv 2406.04093', summary: 'Keeps the k largest latents of each token.', schema: jsonSchema(trainSchema) },
];

/** Rows of a sweep: two variants at four sparsities, one broken member, one untrained baseline. */
const sweepRows = ['topk', 'batch-topk'].flatMap((variant, v) => [8, 16, 32, 64].map((k, i) => ({
  name: `00${v * 4 + i}-${variant}-d4608-k${k}`, role: 'trained', variant, dSae: 4608, k, seed: 0, hookPoint: 'blocks.9.hook_resid_post', dictionary: `/home/ada/Documents/Loupe/dictionaries/sweep/members/${i}`,
  l0: k * (1 + 0.02 * v), fvu: 0.9 * k ** -0.4 * (1 - 0.06 * v), deltaCe: 0.6 * k ** -0.6 * (1 - 0.04 * v), dead: 0.002 * i, cosine: 0.9, tokens: 400_000, seconds: 40 + 3 * i,
  pareto: v === 1 || i === 0, paretoCe: v === 1, warnings: i === 3 && v === 0 ? ['step 400: the loss rises'] : [], error: null,
}))).concat([
  { name: '008-jumprelu-d4608', role: 'trained', variant: 'jumprelu', dSae: 4608, k: null, seed: 0, hookPoint: null, dictionary: '', l0: null, fvu: null, deltaCe: null, dead: null, cosine: null, tokens: null, seconds: null, pareto: false, paretoCe: false, warnings: [], error: 'training diverged at step 120: choose a lower lr than 0.01.' },
  { name: '009-random-topk-d4608-k32', role: 'random', variant: 'topk', dSae: 4608, k: 32, seed: 0, hookPoint: null, dictionary: '', l0: 32, fvu: 0.84, deltaCe: 2.1, dead: 0.4, cosine: 0.5, tokens: 0, seconds: 0, pareto: false, paretoCe: false, warnings: [], error: null },
] as never);

const names = ['step', 'fvu', 'l0', 'dead', 'loss', 'lr', 'tokensPerSecond'];
const total = 600;

function metrics(step: number, random: Random): number[] {
  const fvu = 0.18 + 0.82 * Math.exp(-step / 70) + 0.006 * random.uniform();
  return [step, fvu, 32, Math.max(0, 0.24 * Math.exp(-step / 90)), fvu * 575 + 4 * random.uniform(), 8e-4 * Math.min(1, step / 60) * (step > 480 ? (600 - step) / 120 : 1), 48_000 + 3000 * random.uniform()];
}

function job(id: string, more: Partial<Job>): Job {
  return {
    id, kind: 'train', title: 'TopK 4,608, k 32, blocks.9.hook_resid_post', state: 'done', config: { variant: 'topk', dSae: 4608, k: 32, lr: 8e-4, steps: total, clip: false, seed: 0 },
    createdAt: new Date(Date.now() - 4e6).toISOString(), startedAt: new Date(Date.now() - 4e6).toISOString(), endedAt: new Date(Date.now() - 39e5).toISOString(), progress: null, error: null, result: null, ...more,
  };
}

export function createJobs(jobs: Job[], hub: EventHub): Pick<Handlers, Extract<keyof Handlers, `jobs.${string}`>> {
  jobs.push(
    job('run-live', { state: 'running', endedAt: null, startedAt: new Date(Date.now() - 60_000).toISOString() }),
    job('run-failed', { kind: 'harvest', title: 'Harvest of notes.jsonl', state: 'failed', error: { kind: 'bad-file', message: 'corpus: line 1,204 of notes.jsonl is no JSON. Repair it, or set badLines to "skip".', detail: 'SyntaxError: Unexpected token } in JSON at position 88\n    at JSON.parse' } }),
    job('run-done', { result: { fvu: 0.1823, l0: 32, dead: 0.004, dictionary: '/home/ada/Documents/Loupe/dictionaries/topk-4608' } }),
  );
  jobs.push(job('run-sweep', { kind: 'sweep', title: 'Sweep: topk and batch-topk', config: { base: { activations: ['store'] }, grid: { k: [8, 16, 32, 64] } }, result: { members: sweepRows.length, failed: 1, rows: sweepRows } }));
  const random = Random.from(1, 'jobs');
  let step = 180;
  setInterval(() => {
    const live = jobs.find((entry) => entry.state === 'running');
    if (live === undefined) return;
    step = Math.min(total, step + 1);
    const values = metrics(step, random);
    const row = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
    const progress = { phase: 'train', step, total, tokensPerSecond: row.tokensPerSecond!, etaSeconds: (total - step) * 0.25, metrics: row, message: `step ${step} fvu ${row.fvu!.toFixed(4)}` };
    Object.assign(live, { progress });
    hub.emit('job.progress', { id: live.id, progress });
    hub.emit('job.metrics', { id: live.id, step, metrics: row });
  }, 250).unref();
  const change = (id: string, state: Job['state']): object => {
    const found = jobs.find((entry) => entry.id === id)!;
    Object.assign(found, { state });
    hub.emit('job.changed', found);
    return {};
  };
  return {
    'jobs.forms': async () => ({ forms }),
    'jobs.start': async ({ config }) => {
      if (config.activations === 'missing') throw new LoupeError('not-found', 'activations: there is no folder "missing". Choose a store of the workspace.');
      const started = job(`run-${jobs.length}`, { state: 'queued', config, startedAt: null, endedAt: null });
      jobs.unshift(started);
      hub.emit('job.changed', started);
      return { id: started.id };
    },
    'jobs.list': async () => ({ jobs }),
    'jobs.get': async ({ id }) => jobs.find((entry) => entry.id === id)!,
    'jobs.metrics': async ({ id }) => {
      const rows = id === 'run-failed' ? 0 : id === 'run-live' ? step : total;
      return { names, values: vector(Float64Array.from(Array.from({ length: rows }, (_, i) => metrics(i + 1, random)).flat()), [rows, names.length]) };
    },
    'jobs.log': async () => ({ lines: Array.from({ length: 20 }, (_, i) => `2026-11-23T05:${String(10 + i)}:00Z step ${i * 10} fvu ${(0.9 - i / 30).toFixed(3)}`) }),
    'jobs.pause': async ({ id }) => change(id, 'paused') as Record<string, never>,
    'jobs.resume': async ({ id }) => change(id, 'running') as Record<string, never>,
    'jobs.cancel': async ({ id }) => change(id, 'cancelled') as Record<string, never>,
  };
}
