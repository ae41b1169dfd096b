import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { batchTopKDense } from '../../../../src/engine/ops/choice.ts';
import {
  codesAbove, denseCodes, encodeAbove, encodeBatchTopK, flatCodes, guessBound, joinCodes, largestCodes, rowBlock, rowsOf, stockCodesAbove, stockLargestCodes,
} from '../../../../src/engine/ops/sparse-codes.ts';
import type { SparseCodes } from '../../../../src/engine/ops/sparse-codes.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const plain = ({ values, indices, offsets }: SparseCodes): number[][] => [values, indices, offsets].map((tensor) => [...tensor.dataSync()]);

test('entries strictly above their bound, in a case worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const pre = tf.tensor2d([1, 2, 3, 0, 0, 0], [2, 3]);
    // u: 1 3 2 | 0 1 -1, bounds 1 1 -1
    const codes = codesAbove(pre, tf.tensor1d([0, 1, -1]), tf.tensor1d([1, 1, -1]));
    assert.deepEqual(plain(codes), [[3, 2], [1, 2], [0, 2, 2]]);
    assert.deepEqual([...rowsOf(codes.offsets)], [0, 0]);
    assert.deepEqual([...denseCodes(codes, 3).dataSync()], [0, 3, 2, 0, 0, 0]);
  }));
});

test('the largest of a batch: ties go to the earlier entry, all stay where there are fewer', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const codes = { values: tf.tensor1d([2, 5, 2, 2, 9]), indices: tf.tensor1d([0, 4, 1, 2, 3], 'int32'), offsets: tf.tensor1d([0, 2, 2, 5], 'int32') };
    const largest = largestCodes(codes, 3);
    assert.deepEqual(plain(largest), [[2, 5, 9], [0, 4, 3], [0, 2, 2, 3]]);
    assert.equal(largest.least.dataSync()[0], 2);
    assert.deepEqual(plain(largestCodes(codes, 9)), plain(codes));
    const none = largestCodes({ values: tf.zeros([0]), indices: tf.zeros([0], 'int32'), offsets: tf.zeros([3], 'int32') }, 2);
    assert.deepEqual(plain(none), [[], [], [0, 0, 0]]);
    assert.equal(none.least.dataSync()[0], 0);
  }));
});

test('rows under one another, and codes of k slots', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const codes = flatCodes({ values: tf.tensor2d([1, 0, 2, 3], [2, 2]), indices: tf.tensor2d([4, 0, 1, 2], [2, 2], 'int32') });
    assert.deepEqual(plain(joinCodes([codes, codes])), [[1, 0, 2, 3, 1, 0, 2, 3], [4, 0, 1, 2, 4, 0, 1, 2], [0, 2, 4, 6, 8]]);
  }));
});

test('the native ops agree with plain loops, at widths around their vectors', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(3);
  for (const n of [1, 15, 16, 17, 64, 203]) {
    tf.tidy(() => {
      const rows = 40;
      const [pre, bias, bound] = [tf.tensor2d(random.normals(rows * n), [rows, n]), tf.tensor1d(random.normals(n)), tf.tensor1d(random.normals(n))];
      const native = codesAbove(pre, bias, bound);
      assert.deepEqual(plain(native), plain(stockCodesAbove(pre, bias, bound)));
      const positive = codesAbove(pre, bias, tf.zeros([n]));
      for (const count of [1, 7, rows * n]) {
        const [a, b] = [largestCodes(positive, count), stockLargestCodes(positive, count)];
        assert.deepEqual(plain(a), plain(b), `n ${n}, count ${count}`);
        assert.deepEqual(a.least.dataSync(), b.least.dataSync());
      }
    });
  }
});

test('a pre-activation that is not finite is refused with its row', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const [at, bad] of [[37, NaN], [20, Infinity], [39, -Infinity]] as const) {
      const u = new Float32Array(2 * 20).map((_, i) => (i === at ? bad : 0));
      assert.throws(() => codesAbove(tf.tensor2d(u, [2, 20]), tf.zeros([20]), tf.zeros([20])), { kind: 'not-finite', message: /row 1/ });
    }
  }));
});

test('BatchTopK by blocks of rows equals the dense choice, whatever was guessed', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(5);
  const [n, d] = [40_000, 6];
  // three blocks, the last one smaller
  const rows = 2 * rowBlock(n) + 5;
  tf.tidy(() => {
    // the first rows hold the largest entries, so that a bound taken from them would be too high
    const x = tf.mul(tf.tensor2d(random.normals(rows * d), [rows, d]), tf.tensor2d(Float32Array.from({ length: rows }, (_, r) => (r < 40 ? 3 : 1)), [rows, 1])) as Tensor2D;
    const [wEnc, bEnc] = [tf.tensor2d(random.normals(n * d), [n, d]), tf.tensor1d(random.normals(n, 0.1))];
    for (const count of [1, 500, 12_000]) {
      const expected = batchTopKDense(tf.add(tf.matMul(x, wEnc, false, true), bEnc), count);
      for (const guess of [0, 1e9, guessBound(x, wEnc, bEnc, count)]) {
        const codes = encodeBatchTopK(x, wEnc, bEnc, count, guess);
        assert.equal(codes.values.shape[0], count);
        assert.ok(tf.max(tf.abs(tf.sub(denseCodes(codes, n), expected))).dataSync()[0]! < 1e-4, `count ${count}, guess ${guess}`);
        assertClose(codes.least.dataSync(), [Math.min(...codes.values.dataSync())], 0);
      }
    }
  });
});

test('with fewer positive entries than wanted, all are kept', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [x, wEnc] = [tf.tensor2d([1, -1], [2, 1]), tf.tensor2d([1, 2, 3], [3, 1])];
    const bEnc: Tensor1D = tf.zeros([3]);
    assert.deepEqual(plain(encodeBatchTopK(x, wEnc, bEnc, 5, guessBound(x, wEnc, bEnc, 5))), [[1, 2, 3], [0, 1, 2], [0, 3, 3]]);
    assert.deepEqual(plain(encodeAbove(x, wEnc, bEnc, tf.tensor1d([1, 1, -5]))), [[2, 3, -3], [1, 2, 2], [0, 2, 3]]);
  }));
});
