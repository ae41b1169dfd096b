import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { JobContext } from '../../../../../src/engine/job.ts';
import { lmTrainConfigSchema, type LmTrainConfig } from '../../../../../src/engine/lm/training/config.ts';
import { closeLmRun, endsOf, openLmRun, saveLmCheckpoint, stepTokens, takeLmStep, utilisation, type LmRun } from '../../../../../src/engine/lm/training/run.ts';
import { readMetrics } from '../../../../../src/engine/train/metrics-log.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

function started(t: Ending, fields: Record<string, unknown> = {}): { readonly config: LmTrainConfig; readonly context: JobContext; readonly said: string[] } {
  const folder = temporaryFolder(t);
  const data = join(folder, 'a.txt');
  writeFileSync(data, 'the cat sat on the mat and looked at the dog. '.repeat(40));
  const said: string[] = [];
  const config = lmTrainConfigSchema.parse({
    data, out: folder, layers: 1, dModel: 16, heads: 2, context: 16, batch: 4, steps: 20, validTokens: 64, logEvery: 5, validEvery: 10, checkpointEvery: 10, ...fields,
  });
  return { config, said, context: { signal: new AbortController().signal, folder, progress: () => undefined, metrics: () => undefined, log: (line) => said.push(line) } };
}

test('steps are logged, validated, sampled and saved when they are due', async (t) => {
  const { backend } = await loadBackend();
  const { config, context } = started(t, { accumulate: 2 });
  const run = await openLmRun(config, backend, context);
  t.after(() => closeLmRun(run));
  assert.equal(stepTokens(run), 4 * 16 * 2);
  for (let i = 0; i < 12; i++) takeLmStep(run);
  const rows = readMetrics(join(context.folder, 'metrics.jsonl'));
  assert.deepEqual(rows.filter((row) => 'loss' in row).map((row) => row['step']), [1, 5, 10]);
  assert.deepEqual(rows.filter((row) => 'validLoss' in row).map((row) => row['step']), [10]);
  assert.ok(rows.find((row) => 'validLoss' in row)!['l0.0']! > 0);
  assert.deepEqual(readdirSync(join(context.folder, 'checkpoints')), ['step-000000010']);
  const sample = JSON.parse(readFileSync(join(context.folder, 'samples.jsonl'), 'utf8')) as { step: number; text: string };
  assert.equal(sample.step, 10);
  assert.equal(run.tokensSeen, 12 * 128);
  assert.equal(endsOf(run, 'loss').first, rows[0]!['loss']);
  assert.ok(utilisation(run, 1000) > 0);
  saveLmCheckpoint(run);
  assert.ok(existsSync(join(context.folder, 'checkpoints', 'step-000000012')));
});

test('a run that diverges keeps the last good checkpoint, and says where it is and which layer it was', async (t) => {
  const { backend } = await loadBackend();
  const { config, context } = started(t, { checkpointEvery: 2, warmupFraction: 0, clip: null });
  const run = await openLmRun(config, backend, context);
  takeLmStep(run);
  takeLmStep(run);
  closeLmRun(run);
  const wild = await openLmRun({ ...config, lr: 1, weightDecay: 10, checkpointEvery: 1_000_000 }, backend, context);
  t.after(() => closeLmRun(wild));
  assert.equal(wild.step, 2);
  // A decay of 10 at a rate of 1 multiplies matrices by -9 each step: they overflow after some forty.
  const diverge = (): void => {
    for (let i = 0; i < 200; i++) takeLmStep(Object.assign(wild, { config: { ...wild.config, steps: 1000 } }));
  };
  assert.throws(diverge, { kind: 'not-finite', message: /training diverged at step \d+: the loss is .*(?:blocks\.|embed|positions|ln_final).*Choose a lower lr than 1;/u });
  assert.deepEqual(readdirSync(join(context.folder, 'checkpoints')), ['step-000000002']);
});

test('a MoE-X run whose experts no longer fire fails after 200 steps and says which; a resumed one goes on counting', async (t) => {
  const { backend } = await loadBackend();
  // Biases so low that no unit of any expert can fire; with a rate of 0 they stay there.
  const layer = { experts: 2, k: 1, width: 4 };
  const { config, context } = started(t, { arch: 'moe-x', layer, context: 8, batch: 1, steps: 1000, lr: 1e-30, weightDecay: 0, validEvery: 10_000, logEvery: 1000, checkpointEvery: 150 });
  const silenced = async (): Promise<LmRun> => {
    const run = await openLmRun(config, backend, context);
    const name = 'blocks.0.mlp.bEnc';
    const state = run.trainer.state();
    const bias = tf.fill([2, 4], -100);
    run.trainer.restore({ ...state, [name]: bias });
    tf.dispose([...Object.values(state), bias]);
    return run;
  };
  const first = await silenced();
  for (let i = 0; i < 150; i++) takeLmStep(first);
  closeLmRun(first);
  const resumed = await openLmRun(config, backend, context);
  t.after(() => closeLmRun(resumed));
  assert.equal(resumed.step, 150);
  const steps = (): void => {
    for (let i = 0; i < 200; i++) takeLmStep(resumed);
  };
  assert.throws(steps, { kind: 'dead-experts', message: /stopped at step 2\d\d: expert [01] of blocks\.0.*fired no unit.*for 200 steps.*another seed/u });
  assert.ok(resumed.step < 250, String(resumed.step));
});
