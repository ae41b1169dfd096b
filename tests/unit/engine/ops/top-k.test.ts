import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { encodeTopK, latentBlock, mergeTopK, scatterCodes, stockMergeTopK, topKDense } from '../../../../src/engine/ops/top-k.ts';
import type { TopKCodes } from '../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const empty = (rows: number): TopKCodes => ({ values: tf.zeros([rows, 0]), indices: tf.zeros([rows, 0], 'int32') });
const lists = ({ values, indices }: TopKCodes): { values: number[]; indices: number[] } => ({
  values: [...values.dataSync()], indices: [...indices.dataSync()],
});

test('the k largest positive entries are kept by ascending index, ties go to the lower index, unused slots are zero', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // row 0: 3 and two of the three 2s; row 1: one positive entry; row 2: none
    const pre = tf.tensor2d([2, -1, 3, 2, 2, 0, -5, 0, 0, -1, 4, 0, -1, -2, -3, 0, 0, 0], [3, 6]);
    const codes = lists(mergeTopK(pre, tf.zeros([6]), empty(3), 3, 10));
    assert.deepEqual(codes, { values: [2, 3, 2, 4, 0, 0, 0, 0, 0], indices: [10, 12, 13, 14, 0, 0, 0, 0, 0] });
  }));
});

test('the bias is added before selection, and k may exceed the width', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const codes = lists(mergeTopK(tf.tensor2d([1, 1], [1, 2]), tf.tensor1d([-2, 1]), empty(1), 3, 0));
    assert.deepEqual(codes, { values: [2, 0, 0], indices: [1, 0, 0] });
  }));
});

test('merging block by block selects what one block selects, ties included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(3);
    const [rows, n, k] = [9, 700, 5];
    // 20 distinct values, so that there are many ties
    const values = Float32Array.from({ length: rows * n }, () => random.integer(20) - 10);
    const pre = tf.tensor2d(values, [rows, n]);
    const whole = lists(mergeTopK(pre, tf.zeros([n]), empty(rows), k, 0));
    let codes = empty(rows);
    for (let first = 0; first < n; first += 300) {
      const width = Math.min(300, n - first);
      codes = mergeTopK(tf.slice(pre, [0, first], [rows, width]), tf.zeros([width]), codes, k, first);
    }
    assert.deepEqual(lists(codes), whole);
    for (let row = 0; row < rows; row++) {
      // by brute force: sort by value, then index
      const order = Array.from({ length: n }, (_, j) => j).sort((a, b) => values[row * n + b]! - values[row * n + a]! || a - b);
      assert.deepEqual(whole.indices.slice(row * k, (row + 1) * k), order.slice(0, k).sort((a, b) => a - b));
    }
  }));
});

test('the native kernel gives exactly what the stock ops give, at widths around its vectors and groups', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const random = Random.from(4);
  for (const n of [1, 15, 16, 17, 255, 256, 257, 1000, 5000]) {
    for (const k of [1, 4, 32, 200]) {
      tf.tidy(() => {
        const [pre, bias] = [tf.tensor2d(random.normals(3 * n), [3, n]), tf.tensor1d(random.normals(n, 0.1))];
        assert.deepEqual(lists(mergeTopK(pre, bias, empty(3), k, 0)), lists(stockMergeTopK(pre, bias, empty(3), k, 0)), `n ${n}, k ${k}`);
      });
    }
  }
});

test('a row with more candidates than the native buffer holds is still exact', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  tf.tidy(() => {
    // ascending values defeat every bound: each entry beats all before it
    const n = 30_000;
    const pre = tf.tensor2d(Float32Array.from({ length: n }, (_, i) => i + 1), [1, n]);
    assert.deepEqual(lists(mergeTopK(pre, tf.zeros([n]), empty(1), 3, 0)), { values: [n - 2, n - 1, n], indices: [n - 3, n - 2, n - 1] });
  });
});

test('a value that is not finite is refused', async (t) => {
  await eachBackend(t, () => {
    for (const [bad, at] of [[Number.NaN, 3], [Number.POSITIVE_INFINITY, 40], [Number.NaN, 269]] as const) {
      tf.tidy(() => {
        const values = new Float32Array(2 * 270);
        values[270 + at] = bad;
        assert.throws(() => mergeTopK(tf.tensor2d(values, [2, 270]), tf.zeros([270]), empty(2), 2, 0), { kind: 'not-finite' });
      });
    }
  });
});

test('encoding multiplies, adds the bias and selects', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // x = (1, 2); rows of wEnc: (1, 0), (0, 1), (-1, 1); u = 1 + 0, 2 - 3, 1 + 0.5
    const wEnc = tf.tensor2d([1, 0, 0, 1, -1, 1], [3, 2]);
    const codes = encodeTopK(tf.tensor2d([1, 2], [1, 2]), wEnc, tf.tensor1d([0, -3, 0.5]), 2);
    assert.deepEqual(lists(codes), { values: [1, 1.5], indices: [0, 2] });
    assert.throws(() => encodeTopK(tf.zeros([1, 2]), wEnc, tf.zeros([3]), 4), { kind: 'bad-request' });
  }));
});

test('the gradient passes through kept entries alone, as finite differences say', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d([0.3, 1.2, -0.5, 0.9, 0.1, -2, 0.7, -1], [2, 4]);
    const weights = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);
    const f = (input: Tensor2D): tf.Scalar => tf.sum(tf.mul(tf.square(topKDense(input, 2)), weights)) as tf.Scalar;
    const gradient = tf.grad(f as (x: tf.Tensor) => tf.Tensor)(u).dataSync();
    const base = u.dataSync();
    for (let i = 0; i < 8; i++) {
      const moved = (by: number): number => f(tf.tensor2d(base.map((v, j) => (j === i ? v + by : v)), [2, 4])).dataSync()[0]!;
      assertClose([gradient[i]!], [(moved(0.01) - moved(-0.01)) / 0.02], 2e-3, `entry ${i}`);
    }
  }));
});

test('scattered codes are dense latents', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const dense = scatterCodes({ values: tf.tensor2d([5, 0, 6, 7], [2, 2]), indices: tf.tensor2d([2, 0, 0, 1], [2, 2], 'int32') }, 3);
    assert.deepEqual([...dense.dataSync()], [0, 0, 5, 6, 7, 0]);
  }));
});

test('permuting latents permutes the codes', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(6);
    const [n, d, k] = [40, 6, 4];
    const wEnc = random.normals(n * d);
    const order = random.shuffle(Array.from({ length: n }, (_, j) => j));
    const moved = Float32Array.from({ length: n * d }, (_, i) => wEnc[order[Math.floor(i / d)]! * d + (i % d)]!);
    const x = tf.tensor2d(random.normals(3 * d), [3, d]);
    const dense = (w: Float32Array): Float32Array => scatterCodes(encodeTopK(x, tf.tensor2d(w, [n, d]), tf.zeros([n]) as Tensor1D, k), n).dataSync() as Float32Array;
    const [plain, permuted] = [dense(wEnc), dense(moved)];
    assertClose(permuted, plain.map((_, i) => plain[Math.floor(i / n) * n + order[i % n]!]!), 1e-5);
  }));
});

test('blocks of latents bound the buffer and are never smaller than 256', () => {
  assert.equal(latentBlock(100, 50), 50);
  assert.ok(latentBlock(4096, 24_576) * 4096 <= 8 * 1024 * 1024 + 64 * 4096);
  assert.equal(latentBlock(10_000_000, 24_576), 256);
});
