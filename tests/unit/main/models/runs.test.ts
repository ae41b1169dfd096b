import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lmHistory, lmRuns, lmSamples, withPlan } from '../../../../src/main/models/runs.ts';
import type { Job } from '../../../../src/shared/schema/job.ts';
import { lmRunSchema, type LmPlan, type LmRun } from '../../../../src/shared/schema/lm.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

function model(workspace: string, name: string, files: Readonly<Record<string, string>>): string {
  const path = join(workspace, 'models', name);
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content);
  return path;
}

const history = '{"step":1,"loss":5}\n{"step":2,"loss":4,"tokensPerSecond":100}\n{"step":2,"validLoss":4.5,"perplexity":90}\n{"step":3,"lo';
const job = (out: string, state: Job['state']): Job => ({ id: 'a', kind: 'lm-train', title: '', state, config: { out, arch: 'dense' }, createdAt: '', startedAt: null, endedAt: null, progress: null, error: null, result: null });

test('runs are told from their folders: finished ones by their result, others by the history so far, with the job that makes them', async (t) => {
  const workspace = temporaryFolder(t);
  model(workspace, 'foreign', { 'config.json': '{}' });
  const done = model(workspace, 'done', { 'lm-train.json': '{"arch":"moe-x","steps":9}', 'result.json': '{"valid_loss":1.5,"parameters":10,"backend":"cpu"}', 'model.safetensors': 'x', 'evaluation.json': '{"chess":{"coverage":0.5},"note":"x"}' });
  const under = model(workspace, 'under', { 'lm-train.json': '{"arch":"dense"}', 'metrics.jsonl': history });
  model(workspace, 'broken', { 'lm-train.json': '{' });
  const runs = await lmRuns(workspace, [job(under, 'running')]);
  for (const run of runs) assert.ok(lmRunSchema.safeParse(run).success, run.name);
  const of = (name: string) => runs.find((run) => run.name === name)!;
  assert.deepEqual(runs.map(({ name }) => name).sort(), ['broken', 'done', 'under']);
  assert.deepEqual([of('done').path, of('done').state, of('done').job, of('done').figures], [done, 'done', null, { coverage: 0.5, valid_loss: 1.5, parameters: 10 }]);
  assert.deepEqual([of('under').state, of('under').job], ['running', 'a']);
  assert.deepEqual(of('under').figures, { steps: 2, loss_last: 4, valid_loss: 4.5, perplexity: 90, tokens_per_s: 100, mfu: null });
  assert.match(of('broken').problem!, /cannot be read/u);
  assert.equal((await lmRuns(workspace, [job(under, 'paused')])).find(({ name }) => name === 'under')!.state, 'stopped');
  assert.deepEqual(await lmRuns(temporaryFolder(t), []), []);
});

test('a history and samples are read from a run\'s folder alone; a broken line is passed over', async (t) => {
  const path = model(temporaryFolder(t), 'a', { 'lm-train.json': '{}', 'metrics.jsonl': history, 'samples.jsonl': '{"step":1,"prompt":"a","text":"b"}\n{"step":2}\n{"step":3,"prompt":"a","text":"c"}\n{"st' });
  assert.deepEqual((await lmHistory(path)).names.sort(), ['loss', 'perplexity', 'step', 'tokensPerSecond', 'validLoss']);
  assert.deepEqual((await lmSamples(path, 5)).map(({ text }) => text), ['c', 'b']);
  assert.deepEqual((await lmSamples(path, 1)).map(({ step }) => step), [3]);
  await assert.rejects(lmHistory(temporaryFolder(t)), { kind: 'not-found', message: /lm-train\.json/u });
  await assert.rejects(lmSamples('/nowhere', 1), { kind: 'not-found' });
});

test('a plan gives a run that has not ended its parameters and tokens; one that has ended keeps its own', () => {
  const run = (state: LmRun['state'], steps: number | null): LmRun => ({ path: '/a', name: 'a', job: null, state, modifiedAt: '', config: {}, figures: { steps }, problem: null });
  const plan = { parameters: { total: 10, active: 6, parts: {} }, tokensPerStep: 64 } as unknown as LmPlan;
  assert.deepEqual(withPlan(run('stopped', 3), plan).figures, { steps: 3, parameters: 10, active_parameters: 6, tokens: 192 });
  assert.equal(withPlan(run('waiting', null), plan).figures['tokens'], null);
  assert.deepEqual([withPlan(run('done', 3), plan).figures, withPlan(run('running', 3), null).figures], [{ steps: 3 }, { steps: 3 }]);
});

test('the runs of a sweep in the folder of models are among them, with the figures of its table', async (t) => {
  const workspace = temporaryFolder(t);
  const row = { name: 'moe-x', seed: 1, key: 'k', arch: 'moe-x', parameters: 1, activeParameters: 1, steps: 2, tokens: 3, seconds: 1, figures: { coverage: 0.25, valid_loss: 9 }, error: null };
  model(workspace, 'sweep', { 'table.json': JSON.stringify({ format: 'loupe-lm-sweep', version: 1, rows: [row] }) });
  const path = model(workspace, 'sweep/runs/moe-x-s1', { 'lm-train.json': '{"arch":"moe-x"}', 'result.json': '{"valid_loss":1.5}', 'model.safetensors': 'x' });
  model(workspace, 'sweep/runs/other', { 'notes.txt': '' });
  assert.deepEqual((await lmRuns(workspace, [])).map((run) => [run.path, run.name, run.figures]), [[path, 'sweep/moe-x-s1', { coverage: 0.25, valid_loss: 1.5 }]]);
});
