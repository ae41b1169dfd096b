import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { activeExperts, expertProblem, expertWidth, expertWrites } from '../../../../../../src/engine/lm/layers/moe/adapter.ts';

const size = { layers: 2, dModel: 6, heads: 1, context: 4, vocab: 5 };

test('by default k experts together are as wide as a dense MLP', () => {
  assert.equal(expertWidth({ experts: 8, k: 2, width: null, biases: true }, size), 12);
  assert.equal(expertWidth({ experts: 8, k: 2, width: 5, biases: true }, size), 5);
  // 2 experts of 12: 2 * 2 * 12 * 6, biases 2 * 12 + 6
  assert.equal(activeExperts({ experts: 8, k: 2, width: null, biases: true }, size), 288 + 30);
  assert.equal(activeExperts({ experts: 8, k: 2, width: null, biases: false }, size), 288);
});

test('the direction of unit (e, j) is row e * width + j of the decoders', () => {
  const wDec = tf.tensor3d([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
  const { rows, bias } = expertWrites({ wEnc: wDec, bEnc: null, wDec, bDec: tf.tensor1d([9, 10]) });
  assert.deepEqual(rows.arraySync(), [[1, 2], [3, 4], [5, 6], [7, 8]]);
  assert.deepEqual(bias!.arraySync(), [9, 10]);
});

test('k is at most the experts', () => {
  assert.equal(expertProblem({ experts: 8, k: 8, width: null, biases: true }), null);
  assert.match(expertProblem({ experts: 8, k: 9, width: null, biases: true })!, /k is 9, experts is 8/);
});
