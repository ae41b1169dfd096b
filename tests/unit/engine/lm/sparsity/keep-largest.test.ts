import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { keepLargest } from '../../../../../src/engine/lm/sparsity/keep-largest.ts';
import { eachBackend } from '../../../../support/backends.ts';

test('the k largest by magnitude stay with their signs, ties to the lower index; all are the units themselves, none is zero', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const units = tf.tensor2d([[3, -4, 0, 1], [2, 2, 2, 2], [0, 0, 0, 5]]);
    assert.deepEqual(keepLargest(units, 2).arraySync(), [[3, -4, 0, 0], [2, 2, 0, 0], [0, 0, 0, 5]]);
    assert.deepEqual(tf.abs(keepLargest(tf.tensor2d([[2, -2, -2, 1]]), 2)).arraySync(), [[2, 2, 0, 0]]);
    assert.equal(keepLargest(units, 4), units);
    assert.deepEqual(keepLargest(units, 0).arraySync(), [[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]);
  }));
});

test('a k over the native kernel keeps as many', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const units = tf.tensor2d(Float32Array.from({ length: 2 * 1500 }, (_, i) => (i % 1500) + 1), [2, 1500]);
    const kept = keepLargest(units, 1200);
    // 301 to 1500 of each row
    assert.equal(tf.sum(tf.cast(tf.notEqual(kept, 0), 'float32')).dataSync()[0], 2400);
    assert.equal(tf.min(tf.slice(kept, [0, 300], [2, 1200])).dataSync()[0], 301);
  }));
});
