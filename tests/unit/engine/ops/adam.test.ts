import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { adamFactors, createAdamCell, disposeAdamCell, stockAdam } from '../../../../src/engine/ops/adam.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const settings = { lr: 0.1, step: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

test('two steps worked by hand', async (t) => {
  await eachBackend(t, () => {
    const cell = tf.tidy(() => createAdamCell(tf.tensor1d([1])) as unknown as tf.TensorContainer) as unknown as ReturnType<typeof createAdamCell>;
    tf.tidy(() => {
      // m = 0.2, v = 0.04; corrected 2 and 4; change 0.1 * 2 / 2
      stockAdam(cell, tf.tensor1d([2]), settings);
      assertClose(cell.value.read().dataSync(), [0.9], 1e-6);
      // m = 0.18 - 0.1 = 0.08, v = 0.0396 + 0.01 = 0.0496; corrected 0.08 / 0.19, 0.0496 / 0.0199
      stockAdam(cell, tf.tensor1d([-1]), { ...settings, step: 2 });
      assertClose(cell.value.read().dataSync(), [0.9 - (0.1 * (0.08 / 0.19)) / Math.sqrt(0.0496 / 0.0199)], 1e-5);
    });
    disposeAdamCell(cell);
  });
});

test('the factors hold the bias corrections', () => {
  const { stepSize, rootCorrection } = adamFactors({ ...settings, step: 2 });
  assertClose([stepSize, rootCorrection], [0.1 / 0.19, 1 / Math.sqrt(0.0199)], 1e-9);
});
