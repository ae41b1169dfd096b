import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { sparseDecode, stockSparseDecode } from '../../../../src/engine/ops/sparse-decode.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('error, gradient of kept values and row errors of a case worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // decoder rows (1, 0), (0, 2); code 3 of latent 1, the other slot unused; bias (1, 1); x = (1, 4)
    // y = (1, 7), error (0, 3); scale * error . (0, 2) = 0.5 * 6
    const codes = { values: tf.tensor2d([3, 0], [1, 2]), indices: tf.tensor2d([1, 0], [1, 2], 'int32') };
    const out = sparseDecode(codes, tf.tensor2d([1, 0, 0, 2], [2, 2]), tf.tensor1d([1, 1]), tf.tensor2d([1, 4], [1, 2]), 0.5);
    assert.deepEqual([...out.error.dataSync()], [0, 3]);
    assert.deepEqual([...out.valueGradients.dataSync()], [3, 0]);
    assert.deepEqual([...out.rowErrors.dataSync()], [9]);
  }));
});

test('the value gradient is that of scale / 2 * |error|^2 by finite differences', async (t) => {
  await eachBackend(t, () => {
    const random = Random.from(1);
    const [rows, k, n, d, scale] = [2, 3, 6, 5, 0.7];
    const values = Float32Array.from({ length: rows * k }, () => 0.5 + random.uniform());
    const [wDec, bDec, x] = [random.normals(n * d), random.normals(d), random.normals(rows * d)];
    const at = (v: Float32Array): { loss: number; gradients: number[] } => {
      const result = { loss: 0, gradients: [] as number[] };
      tf.tidy(() => {
        const codes = { values: tf.tensor2d(v, [rows, k]), indices: tf.tensor2d([0, 2, 5, 1, 2, 3], [rows, k], 'int32') };
        const out = sparseDecode(codes, tf.tensor2d(wDec, [n, d]), tf.tensor1d(bDec), tf.tensor2d(x, [rows, d]), scale);
        result.loss = (scale / 2) * [...out.rowErrors.dataSync()].reduce((a: number, b: number) => a + b, 0);
        result.gradients = [...out.valueGradients.dataSync()];
      });
      return result;
    };
    const { gradients } = at(values);
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number): number => at(values.map((v, j) => (j === i ? v + by : v))).loss;
      assertClose([gradients[i]!], [(moved(0.02) - moved(-0.02)) / 0.04], 5e-3, `value ${i}`);
    }
  });
});

test('the native kernel agrees with the stock ops within 1e-4, at widths around its vectors', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(2);
  for (const d of [1, 15, 16, 33, 64, 100]) {
    tf.tidy(() => {
      const [rows, k, n] = [7, 9, 50];
      const codes = {
        values: tf.relu(tf.tensor2d(random.normals(rows * k), [rows, k])),
        indices: tf.tensor2d(Int32Array.from({ length: rows * k }, () => random.integer(n)), [rows, k], 'int32'),
      };
      const rest = [tf.tensor2d(random.normals(n * d), [n, d]), tf.tensor1d(random.normals(d)), tf.tensor2d(random.normals(rows * d), [rows, d])] as const;
      const [native, stock] = [sparseDecode(codes, ...rest, 0.3), stockSparseDecode(codes, ...rest, 0.3)];
      for (const name of ['error', 'valueGradients', 'rowErrors'] as const) assertClose(native[name].dataSync(), stock[name].dataSync(), 1e-4, `${name}, d ${d}`);
    });
  }
});

test('an index outside the decoder is refused by the native kernel', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  tf.tidy(() => {
    for (const bad of [-1, 2, 1_000_000]) {
      const codes = { values: tf.tensor2d([1], [1, 1]), indices: tf.tensor2d([bad], [1, 1], 'int32') };
      assert.throws(() => sparseDecode(codes, tf.zeros([2, 3]), tf.zeros([3]), tf.zeros([1, 3]), 1), /indices holds/);
    }
  });
});
