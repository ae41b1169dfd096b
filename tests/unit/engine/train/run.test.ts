import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { defaultSyn, SynSource } from '../../../../src/engine/sae/synthetic/source.ts';
import { disposeBatch } from '../../../../src/engine/train/batch.ts';
import { explainNotFinite, nextBatch, openRun, saveCheckpoint } from '../../../../src/engine/train/run.ts';
import { assertClose } from '../../../support/closeness.ts';
import { useBackend } from '../../../support/backends.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { quietContext, smallConfig } from '../../../support/trained.ts';

test('batches are scaled to mean norm sqrt(dIn), and a checkpoint brings the place in the data back', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const open = () => openRun(smallConfig(join(folder, 'd')), new SynSource(defaultSyn, 1), 'cpu', quietContext(folder));
  const run = await open();
  const { tensors, batch } = await nextBatch(run);
  const values = tensors.x.dataSync();
  assertClose([values[5]!], [batch.x[5]! * run.figures.inputScale[5]!], 1e-6);
  let norms = 0;
  for (let r = 0; r < 64; r++) norms += Math.hypot(...values.subarray(r * 32, (r + 1) * 32)) / 64;
  assertClose([norms / Math.sqrt(32)], [1], 0.1);
  disposeBatch(tensors);
  run.step = 1;
  saveCheckpoint(run);
  const again = await open();
  assert.deepEqual([again.step, again.source.position], [1, { batches: 1 }]);
  run.trainer.dispose();
  again.trainer.dispose();
});

test('a divergence names the learning rate, other errors pass unchanged', async (t) => {
  await useBackend('cpu');
  const folder = temporaryFolder(t);
  const run = await openRun(smallConfig(join(folder, 'd')), new SynSource(defaultSyn, 1), 'cpu', quietContext(folder));
  const batch = await run.source.next(2);
  const explained = explainNotFinite(new LoupeError('not-finite', 'the loss is NaN'), run, batch);
  assert.match((explained as Error).message, /diverged at step 0: choose a lower lr than 0.002/);
  const other = new RangeError('x');
  assert.equal(explainNotFinite(other, run, batch), other);
  run.trainer.dispose();
});
