import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { oneGroup, sparseDecode, stockSparseDecode } from '../../../../src/engine/ops/sparse-decode.ts';
import type { SparseCodes } from '../../../../src/engine/ops/sparse-codes.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

/** Rows of `perRow` entries each. */
function codesOf(values: ArrayLike<number>, indices: ArrayLike<number>, perRow: number): SparseCodes {
  const rows = values.length / perRow;
  return { values: tf.tensor1d(Float32Array.from(values)), indices: tf.tensor1d(Int32Array.from(indices), 'int32'), offsets: tf.range(0, (rows + 1) * perRow, perRow, 'int32') };
}

test('error, gradient of kept values and row errors of a case worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // decoder rows (1, 0), (0, 2); code 3 of latent 1, the other slot unused; bias (1, 1); x = (1, 4)
    // y = (1, 7), error (0, 3); scale * error . (0, 2) = 0.5 * 6
    const at = [tf.tensor2d([1, 0, 0, 2], [2, 2]), tf.tensor1d([1, 1]), tf.tensor2d([1, 4], [1, 2])] as const;
    const options = { groups: oneGroup(2), scale: 0.5, all: false };
    const out = sparseDecode(codesOf([3, 0], [1, 0], 2), ...at, options);
    assert.deepEqual([...out.error.dataSync()], [0, 3]);
    assert.deepEqual([...out.valueGradients.dataSync()], [3, 0]);
    assert.deepEqual([...out.rowErrors.dataSync()], [9]);
    // the unused slot is of latent 0: 0.5 * (0, 3) . (1, 0)
    const all = sparseDecode(codesOf([3, 0], [1, 1], 2), ...at, { ...options, all: true });
    assert.deepEqual([...all.valueGradients.dataSync()], [3, 3]);
  }));
});

test('the value gradient is that of scale / 2 * the weighted errors of all prefixes, by finite differences', async (t) => {
  await eachBackend(t, () => {
    const random = Random.from(1);
    const [rows, k, n, d, scale] = [2, 3, 6, 5, 0.7];
    const values = Float32Array.from({ length: rows * k }, () => 0.5 + random.uniform());
    const [wDec, bDec, x] = [random.normals(n * d), random.normals(d), random.normals(rows * d)];
    for (const groups of [oneGroup(n), { ends: [1, 3, n], weights: [1, 0.5, 2] }]) {
      const at = (v: Float32Array): { loss: number; gradients: number[] } => {
        const result = { loss: 0, gradients: [] as number[] };
        tf.tidy(() => {
          const out = sparseDecode(codesOf(v, [0, 2, 5, 1, 2, 3], k), tf.tensor2d(wDec, [n, d]), tf.tensor1d(bDec), tf.tensor2d(x, [rows, d]), { groups, scale, all: false });
          const errors = out.rowErrors.arraySync();
          result.loss = (scale / 2) * errors.reduce((sum, group, g) => sum + groups.weights[g]! * group.reduce((a, b) => a + b, 0), 0);
          result.gradients = [...out.valueGradients.dataSync()];
        });
        return result;
      };
      const { gradients } = at(values);
      for (let i = 0; i < values.length; i++) {
        const moved = (by: number): number => at(values.map((v, j) => (j === i ? v + by : v))).loss;
        assertClose([gradients[i]!], [(moved(0.02) - moved(-0.02)) / 0.04], 5e-3, `value ${i}, ${groups.ends.length} groups`);
      }
    }
  });
});

test('the native kernel agrees with the stock ops within 1e-4, at widths around its vectors, with groups and rows of any length', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(2);
  for (const d of [1, 15, 16, 33, 64, 100]) {
    tf.tidy(() => {
      const [rows, n] = [7, 50];
      const counts = Array.from({ length: rows }, (_, r) => (r === 2 ? 0 : 1 + random.integer(20)));
      const indices = counts.flatMap((count) => [...random.shuffle(Uint32Array.from({ length: n }, (_, i) => i))].slice(0, count).sort((a, b) => a - b));
      const offsets = counts.reduce((ends, count) => [...ends, ends.at(-1)! + count], [0]);
      const codes = { values: tf.relu(tf.tensor1d(random.normals(indices.length))), indices: tf.tensor1d(indices, 'int32'), offsets: tf.tensor1d(offsets, 'int32') };
      const rest = [tf.tensor2d(random.normals(n * d), [n, d]), tf.tensor1d(random.normals(d)), tf.tensor2d(random.normals(rows * d), [rows, d])] as const;
      for (const options of [{ groups: oneGroup(n), scale: 0.3, all: false }, { groups: { ends: [3, 20, n], weights: [0.5, 1, 2] }, scale: 0.3, all: true }]) {
        const [native, stock] = [sparseDecode(codes, ...rest, options), stockSparseDecode(codes, ...rest, options)];
        for (const name of ['error', 'valueGradients', 'rowErrors'] as const) assertClose(native[name].dataSync(), stock[name].dataSync(), 1e-4, `${name}, d ${d}`);
      }
    });
  }
});

test('indices, offsets and groups outside their range are refused by the native kernel', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  tf.tidy(() => {
    const good = codesOf([1], [1], 1);
    const decode = (codes: SparseCodes, ends = [2]): unknown =>
      sparseDecode(codes, tf.zeros([2, 3]), tf.zeros([3]), tf.zeros([1, 3]), { groups: { ends, weights: ends.map(() => 1) }, scale: 1, all: false });
    for (const bad of [-1, 2, 1_000_000]) assert.throws(() => decode(codesOf([1], [bad], 1)), /indices holds/);
    for (const offsets of [[0, 2], [1, 1], [0, 0], [0, 5]]) assert.throws(() => decode({ ...good, offsets: tf.tensor1d(offsets, 'int32') }), /offsets must ascend/);
    for (const ends of [[1], [3], [2, 2], [0, 1]]) assert.throws(() => decode(good, ends), /ends must ascend/);
    assert.doesNotThrow(() => decode(good, [1, 2]));
  });
});
