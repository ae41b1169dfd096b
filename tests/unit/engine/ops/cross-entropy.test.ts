import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { crossEntropySum } from '../../../../src/engine/ops/cross-entropy.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('the sum of -log p of the targets, without rows of a negative target, and its gradient p - 1[target]', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // softmax of [0, 0, 0] is 1/3 each; of [0, ln 2, 0] it is 1/4, 1/2, 1/4.
    const logits = tf.tensor2d([0, 0, 0, 0, Math.LN2, 0, 5, 1, 2], [3, 3]);
    const targets = Int32Array.of(2, 1, -1);
    assertClose(crossEntropySum(logits, targets).dataSync(), [Math.log(3) + Math.log(2)], 1e-6);
    const gradient = tf.grad((x: tf.Tensor) => tf.mul(crossEntropySum(x as Tensor2D, targets), 2))(logits);
    assertClose(gradient.dataSync(), [2 / 3, 2 / 3, -4 / 3, 0.5, -1, 0.5, 0, 0, 0], 1e-6);
    assert.equal(crossEntropySum(logits, Int32Array.of(-1, -1, -1)).dataSync()[0], 0);
  }));
});
