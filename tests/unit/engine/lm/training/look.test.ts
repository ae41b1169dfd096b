import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { figureColumns, firingUnits, validationLoss, writeSample } from '../../../../../src/engine/lm/training/look.ts';
import { openCoder } from '../../../../../src/engine/lm/training/text-source.ts';
import { TokenFiles } from '../../../../../src/engine/lm/training/token-files.ts';
import { periodicContexts, tinyShape, tinyTrainer } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());

test('validation loss is the mean over all tokens, however they are batched', async (t) => {
  const trainer = tinyTrainer(tinyShape('dense'));
  const source = { vocab: 257, key: 'a', documents: async function* () { yield Int32Array.from({ length: 400 }, (_, i) => 97 + (i % 7)); } };
  const files = await TokenFiles.prepare(temporaryFolder(t), source, { limit: 400, mostValid: 80, context: 12 });
  t.after(() => (trainer.dispose(), files.close()));
  const before = tf.memory().numTensors;
  const [one, many] = [validationLoss(trainer, files, 1), validationLoss(trainer, files, 5)];
  assert.ok(Math.abs(one - many) < 1e-5 && Math.abs(one - Math.log(257)) < 0.3);
  assert.equal(tf.memory().numTensors, before);
});

test('half the units of a ReLU fire at the start, and all of a GELU', (t) => {
  const share = (activation: string): number => {
    const trainer = tinyTrainer(tinyShape('dense', { activation }));
    t.after(() => trainer.dispose());
    const units = firingUnits(trainer, periodicContexts(1));
    assert.equal(units.length, 2);
    return units[0]! / 64;
  };
  assert.ok(Math.abs(share('relu') - 0.5) < 0.15);
  assert.equal(share('gelu'), 1);
});

test('a sample is text, and the same for the same seed', (t) => {
  const trainer = tinyTrainer(tinyShape('dense'));
  t.after(() => trainer.dispose());
  const contexts = periodicContexts(1);
  const written = writeSample(trainer, openCoder('bytes'), contexts, 4);
  assert.equal(written.prompt.length, 11);
  assert.deepEqual(writeSample(trainer, openCoder('bytes'), contexts, 4), written);
});

test('figures become columns: numbers, short vectors entry by entry, long ones by their ends', () => {
  const long = Array.from({ length: 100 }, (_, i) => i);
  assert.deepEqual(figureColumns(new Map([['a', [3]], ['b', [1, 2]], ['c', long]])), { a: 3, 'b.0': 1, 'b.1': 2, 'c.least': 0, 'c.largest': 99 });
});
