import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { firstBadHook, firstNotFinite } from '../../../../../src/engine/lm/training/first-bad.ts';
import { periodicContexts, tinyShape, tinyTrainer } from '../../../../support/own-models.ts';

before(() => loadBackend());

test('the first tensor with NaN or infinity is named', () => {
  const [good, bad] = [tf.tensor1d([1, 2]), tf.tensor1d([1, Number.POSITIVE_INFINITY])];
  assert.equal(firstNotFinite([['a', good], ['b', bad], ['c', bad]]), 'b');
  assert.equal(firstNotFinite([['a', good]]), null);
});

test('a healthy pass has no such place, and leaves no tensor', (t) => {
  const trainer = tinyTrainer(tinyShape('dense'));
  t.after(() => trainer.dispose());
  const before = tf.memory().numTensors;
  assert.equal(trainer.use((decoder) => firstBadHook(decoder, trainer.table, periodicContexts(1))), null);
  assert.equal(tf.memory().numTensors, before);
});
