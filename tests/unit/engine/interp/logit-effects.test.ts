import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { logitEffects } from '../../../../src/engine/interp/logit-effects.ts';

before(async () => { await tf.setBackend('cpu'); });

/** dModel 2, vocabulary 3: token 0 reads axis 0, token 1 reads axis 1, token 2 their sum, negated. */
const weight = () => tf.tensor2d([[1, 0, -1], [0, 1, -1]]);

test('direction times norm weight through the unembedding', () => {
  // (1, 2) * (3, 1) = (3, 2): logits 3, 2, -5.
  const unembedding = { weight: weight(), finalNormWeight: tf.tensor1d([3, 1]), centresInput: false };
  const { ids, values } = logitEffects(Float32Array.of(1, 2), unembedding, 2, false);
  assert.deepEqual([[...ids], [...values]], [[0, 1, 2, 1], [3, 2, -5, 2]]);
});

test('all effects are counted between the least and the largest', () => {
  const unembedding = { weight: weight(), finalNormWeight: tf.tensor1d([3, 1]), centresInput: false };
  for (const k of [0, 2]) {
    const { low, high, histogram } = logitEffects(Float32Array.of(1, 2), unembedding, k, false);
    assert.deepEqual([low[0], high[0]], [-5, 3]);
    // Bins of 0.16 from -5: 2 lies 7 above, in bin 43.
    assert.deepEqual([...histogram.entries()].filter(([, n]) => n > 0), [[0, 1], [43, 1], [49, 1]]);
  }
});

test('centred, values are relative to the mean over the vocabulary, and the order is the same', () => {
  // 1, 2, -3 have mean 0; with the weight halved in one column: logits 1, 2, -1.5, mean 0.5.
  const unembedding = { weight: tf.tensor2d([[1, 0, -0.5], [0, 1, -0.5]]), finalNormWeight: null, centresInput: false };
  const { ids, values } = logitEffects(Float32Array.of(1, 2), unembedding, 1, true);
  assert.deepEqual([[...ids], [...values]], [[1, 2], [1.5, -2]]);
});

test('before a LayerNorm the direction\'s own mean goes first', () => {
  // (1, 3) - 2 = (-1, 1): logits -1, 1, 0.
  const { ids, values } = logitEffects(Float32Array.of(1, 3), { weight: weight(), finalNormWeight: null, centresInput: true }, 1, false);
  assert.deepEqual([[...ids], [...values]], [[1, 0], [1, -1]]);
});

test('several blocks of directions agree with one at a time, and nothing stays allocated', () => {
  const unembedding = { weight: weight(), finalNormWeight: null, centresInput: false };
  const directions = Float32Array.from({ length: 2 * 300 }, (_, i) => Math.sin(i));
  const before = tf.memory().numTensors;
  const all = logitEffects(directions, unembedding, 3, true);
  const one = logitEffects(directions.slice(2 * 299), unembedding, 3, true);
  assert.deepEqual(all.ids.slice(-6), one.ids);
  assert.equal(tf.memory().numTensors, before);
});
