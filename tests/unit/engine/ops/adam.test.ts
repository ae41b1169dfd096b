import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { adam, adamFactors, createAdamCell, disposeAdamCell, stockAdam } from '../../../../src/engine/ops/adam.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
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

test('three native steps equal three stock steps within 1e-5, in more than one block, and what was read before stays', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(1);
  const shape: [number, number] = [130, 257];
  const initial = tf.tensor2d(random.normals(shape[0] * shape[1]), shape);
  const [native, stock] = [createAdamCell(initial), createAdamCell(initial)];
  const kept = native.value.read();
  const copy = kept.dataSync().slice();
  for (let step = 1; step <= 3; step++) {
    const gradient = tf.tensor2d(random.normals(shape[0] * shape[1]), shape);
    adam(native, gradient, { ...settings, step });
    stockAdam(stock, gradient, { ...settings, step });
    gradient.dispose();
    tf.tidy(() => {
      for (const part of ['value', 'm', 'v'] as const) assertClose(native[part].read().dataSync(), stock[part].read().dataSync(), 1e-5, part);
    });
  }
  assertClose(kept.dataSync(), copy, 0);
  tf.dispose([initial, kept]);
  disposeAdamCell(native);
  disposeAdamCell(stock);
});
