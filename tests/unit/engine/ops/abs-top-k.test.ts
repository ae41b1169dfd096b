import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { absTopKDense } from '../../../../src/engine/ops/abs-top-k.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('the largest magnitudes are kept with their signs, and only they have a gradient', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d([[1, -3, 2, 0.5], [-0.1, 0, 0.2, -0.3]]);
    assertClose(absTopKDense(u, 2).dataSync(), [0, -3, 2, 0, 0, 0, 0.2, -0.3], 1e-7);
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(absTopKDense(x as Tensor2D, 1))))(u);
    assertClose(gradient.dataSync(), [0, -6, 0, 0, 0, 0, 0, -0.6], 1e-6);
  }));
});
