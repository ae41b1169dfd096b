import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { topKActivation } from '../../../../../../src/engine/lm/layers/lazy/top-k.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';

// I-T4
test('exactly min(K, positives) units stay on every token, the largest ones', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [tokens, units] = [50, 96];
    const values = Random.from(1).normals(tokens * units);
    // some tokens with few positive units
    for (let token = 0; token < 10; token++) for (let i = token; i < units; i++) values[token * units + i] = -1;
    const pre = tf.tensor2d(values, [tokens, units]);
    for (const k of [1, 8, 40]) {
      const kept = topKActivation(pre, k).dataSync();
      for (let token = 0; token < tokens; token++) {
        const row = values.subarray(token * units, (token + 1) * units);
        const expected = [...row].filter((value) => value > 0).sort((a, b) => b - a).slice(0, k);
        assert.deepEqual([...kept.subarray(token * units, (token + 1) * units)].filter((value) => value !== 0).sort((a, b) => b - a), expected);
      }
    }
  }));
});

test('with K = units it is ReLU bit for bit, values and gradients', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const units of [200, 1500]) {
      const pre = tf.tensor2d(Random.from(2).normals(8 * units), [8, units]);
      assert.deepEqual(topKActivation(pre, units).dataSync(), tf.relu(pre).dataSync());
      assert.deepEqual(tf.grad((x) => topKActivation(x as Tensor2D, units))(pre).dataSync(), tf.grad((x) => tf.relu(x))(pre).dataSync());
    }
  }));
});

test('ties go to the lower index, and the gradient through kept entries alone', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const pre = tf.tensor2d([[1, 3, 1, 1, -2], [2, 2, 2, 2, 2]]);
    assert.deepEqual([...topKActivation(pre, 3).dataSync()], [1, 3, 1, 0, 0, 2, 2, 2, 0, 0]);
    const gradient = tf.grad((x) => tf.sum(tf.mul(topKActivation(x as Tensor2D, 3), tf.tensor2d([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]))))(pre);
    assert.deepEqual([...gradient.dataSync()], [1, 2, 3, 0, 0, 1, 2, 3, 0, 0]);
  }));
});

test('a K that the layer has no units for is refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const k of [0, 6, 1.5]) assert.throws(() => topKActivation(tf.zeros([1, 5]), k), { kind: 'bad-config', message: new RegExp(`k is ${k}, the layer has 5`) });
  }));
});
