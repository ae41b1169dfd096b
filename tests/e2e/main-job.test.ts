import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { createInvoke } from '../../src/main/invoke.ts';
import type { Invoke } from '../../src/main/invoke.ts';
import { createServices } from '../../src/main/services.ts';
import type { Services } from '../../src/main/services.ts';
import { pipelineServices } from '../../src/main/jobs/kinds.ts';
import { runDemoPipeline } from '../../src/main/jobs/pipeline.ts';
import type { LoupeError } from '../../src/shared/errors.ts';
import type { Job, JobState } from '../../src/shared/schema/job.ts';
import { writeTinyLlama } from '../support/tiny-llama.ts';

// The engine process inherits this: the test must not depend on which backend the machine has.
process.env['LOUPE_BACKEND'] = 'cpu';

interface Studio {
  readonly services: Services;
  readonly invoke: Invoke;
  /** Of the test: what is in it goes with it. */
  readonly root: string;
  readonly model: string;
  readonly corpus: string;
  readonly start: (kind: string, config: Record<string, unknown>) => Promise<string>;
  readonly until: (id: string, ...states: JobState[]) => Promise<Job>;
}

function open(t: TestContext): Studio {
  const folder = mkdtempSync(join(tmpdir(), 'loupe-main-job-'));
  const model = join(folder, 'model');
  writeTinyLlama(model);
  const corpus = join(folder, 'corpus.txt');
  writeFileSync(corpus, Array.from({ length: 400 }, (_, i) => `Paragraph ${i} is about the number ${i * i} and its neighbours.`).join('\n\n'));
  const services = createServices({ workspace: join(folder, 'Loupe'), host: 'http', token: 't' });
  t.after(async () => {
    await services.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const invoke = createInvoke(services.handlers, true);
  const start = async (kind: string, config: Record<string, unknown>): Promise<string> => ((await invoke('jobs.start', { kind, config })) as { id: string }).id;
  const until = async (id: string, ...states: JobState[]): Promise<Job> => {
    for (;;) {
      const job = services.context.jobs.get(id);
      if (states.includes(job.state)) return job;
      const ended: readonly JobState[] = ['done', 'failed', 'cancelled', 'interrupted', 'paused'];
      assert.ok(!ended.includes(job.state), `${job.kind} is ${job.state}: ${JSON.stringify(job.error)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { services, invoke, root: folder, model, corpus, start, until };
}

const hook = 'blocks.1.hook_resid_post';

async function harvest({ start, until, model, corpus }: Studio): Promise<Job> {
  return until(await start('harvest', { model, corpus, hooks: [hook], tokens: 8192, contextLength: 32, out: 'store' }), 'done');
}

const training = (store: unknown): Record<string, unknown> => ({ variant: 'topk', activations: [store], dSae: 64, k: 4, steps: 60, batch: 256, logEvery: 5, checkpointEvery: 5, seed: 3 });

test('from a model folder to a catalog through the studio\'s commands and the real engine process', { timeout: 240_000 }, async (t) => {
  const studio = open(t);
  const { invoke, start, until, model } = studio;
  const harvested = await harvest(studio);
  const store = harvested.config['out'];
  const trained = await until(await start('train', training(store)), 'done');
  const { names, values } = (await invoke('jobs.metrics', { id: trained.id })) as { names: string[]; values: { shape: number[]; data: Float64Array } };
  assert.ok(names.includes('fvu') && names.includes('l0'));
  assert.equal(values.shape[1], names.length);
  assert.ok(values.shape[0]! >= 10);
  const fvu = names.indexOf('fvu');
  assert.ok(values.data[(values.shape[0]! - 1) * names.length + fvu]! < values.data[fvu]!, 'the reconstruction gets better');
  const dictionary = trained.config['out'];
  const built = await until(await start('catalog-build', { store, dictionary, model, out: 'tiny' }), 'done');
  const info = (await invoke('catalog.open', { path: built.config['out'] })) as { catalog: string; complete: boolean; readOnly: boolean; sources: { id: number; features: number; hookPoint: string }[] };
  assert.ok(info.complete && !info.readOnly);
  assert.equal(info.sources[0]!.features, 64);
  assert.equal(info.sources[0]!.hookPoint, hook);
  const ask = { catalog: info.catalog, source: info.sources[0]!.id };
  const page = (await invoke('catalog.features', { ...ask, sort: 'density', descending: true, filter: { dead: false }, search: null, offset: 0, limit: 5 })) as { rows: { index: number; density: number }[] };
  assert.ok(page.rows[0]!.density > 0);
  const feature = (await invoke('catalog.feature', { ...ask, index: page.rows[0]!.index })) as { groups: { examples: unknown[] }[] };
  assert.ok(feature.groups[0]!.examples.length > 0);
  const kinds = ((await invoke('workspace.list', {})) as { items: { kind: string; problem: string | null }[] }).items;
  assert.deepEqual(kinds.map(({ kind, problem }) => [kind, problem]), [['store', null], ['dictionary', null], ['catalog', null]]);
});

test('a training that loses its engine, and is paused, ends with the same weights as an unbroken one', { timeout: 240_000 }, async (t) => {
  const studio = open(t);
  const { services, invoke, start, until } = studio;
  const config = { ...training((await harvest(studio)).config['out']), steps: 200 };
  const weightsOf = (job: Job): Buffer => readFileSync(join(String(job.config['out']), 'sae_weights.safetensors'));
  const unbroken = await until(await start('train', { ...config, out: 'unbroken' }), 'done');
  const id = await start('train', { ...config, out: 'broken' });
  const past = async (step: number): Promise<void> => {
    while ((services.context.jobs.get(id).progress?.step ?? 0) < step) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await past(20);
  process.kill(services.context.engine.pid!, 'SIGKILL');
  const lost = await until(id, 'interrupted');
  assert.equal(lost.error?.kind, 'engine-lost');
  assert.ok(lost.progress!.step < 200);
  await invoke('jobs.resume', { id });
  await until(id, 'running');
  await past(lost.progress!.step + 10);
  await invoke('jobs.pause', { id });
  const paused = await until(id, 'paused', 'done');
  if (paused.state === 'paused') await invoke('jobs.resume', { id });
  assert.ok(weightsOf(await until(id, 'done')).equals(weightsOf(unbroken)));
});

test('what cannot be run fails with its kind and leaves the engine ready', { timeout: 120_000 }, async (t) => {
  const { services, invoke, start, until, model, corpus } = open(t);
  await assert.rejects(invoke('models.inspect', { path: join(model, 'none') }), (e: LoupeError) => e.kind !== 'defect');
  const info = (await invoke('models.inspect', { path: model })) as { layers: number; hooks: { name: string; d: number }[] };
  assert.equal(info.layers, 2);
  assert.ok(info.hooks.some(({ name, d }) => name === hook && d === 16));
  const wrongHook = await until(await start('harvest', { model, corpus, hooks: ['blocks.1.hook_resid_pst'], tokens: 1024, contextLength: 32 }), 'failed');
  assert.equal(wrongHook.error?.kind, 'not-found');
  assert.match(wrongHook.error!.message, /hook_resid_post/);
  const noStore = await until(await start('train', training('/no/such/store')), 'failed');
  assert.ok(noStore.error!.kind !== 'defect', JSON.stringify(noStore.error));
  assert.equal(services.context.engine.state, 'ready');
});

test('the sample run chains the stages under one progress; run again in its folder, it finds what is done', { timeout: 240_000 }, async (t) => {
  const { services, model, corpus, root } = open(t);
  const at = (name: string): string => join(root, name);
  const config = {
    harvest: { model, corpus, hooks: [hook], tokens: 4096, contextLength: 32, out: at('store') },
    train: { ...training(at('store')), steps: 20, out: at('dictionary') },
    catalog: { store: at('store'), dictionary: at('dictionary'), model, out: at('sample.loupe') },
  };
  const steps: number[] = [];
  const once = (): ReturnType<typeof runDemoPipeline> => runDemoPipeline(
    config, pipelineServices(services.context.engine, 'demo'), { signal: new AbortController().signal, folder: at('run'), log: () => {} }, ({ step }) => steps.push(step),
  );
  const first = await once();
  assert.equal(first.catalog['features'], 64);
  assert.equal(steps.at(-1), 1000);
  assert.deepEqual(steps, steps.toSorted((a, b) => a - b));
  const weights = readFileSync(join(at('dictionary'), 'sae_weights.safetensors'));
  const second = await once();
  assert.equal(second.catalog['source'], first.catalog['source']);
  assert.ok(readFileSync(join(at('dictionary'), 'sae_weights.safetensors')).equals(weights));
});
