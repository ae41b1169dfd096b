import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { linearMap } from '../../../../src/engine/ops/linear-map.ts';
import { eachBackend } from '../../../support/backends.ts';

test('the map is applied on the way there and its adjoint on the way back, also twice over', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // x -> (x, x) side by side; its adjoint adds the two halves
    const doubled = (x: tf.Tensor): tf.Tensor => linearMap(x, (value) => tf.concat([value, value], 1), (dy) => tf.add(tf.slice(dy, [0, 0], [1, 2]), tf.slice(dy, [0, 2], [1, 2])));
    const x = tf.tensor2d([[1, 2]]);
    assert.deepEqual([...doubled(x).dataSync()], [1, 2, 1, 2]);
    const weights = tf.tensor2d([[1, 10, 100, 1000]]);
    assert.deepEqual([...tf.grad((input) => tf.sum(tf.mul(doubled(input), weights)))(x).dataSync()], [101, 1010]);
    const both = tf.grad((input) => tf.sum(tf.mul(tf.add(doubled(input), doubled(tf.mul(input, 2))), weights)))(x);
    assert.deepEqual([...both.dataSync()], [303, 3030]);
  }));
});
