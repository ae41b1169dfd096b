import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { normMatchDense } from '../../../../src/engine/ops/norm-match.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const ones = (n: number): Float32Array => new Float32Array(n).fill(1);

test('the number of kept latents brings the norm closest to the target, in cases worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // norms of the first 1, 2, 3 of 4, 3, 2, 1: 4, 5, 5.39; the fourth is excluded
    const rows = (targets: number[]): number[] => {
      const a = tf.tensor2d(targets.flatMap(() => [3, 1, 4, 2]), [targets.length, 4]);
      return [...normMatchDense(a, ones(4), Float32Array.from(targets)).dataSync()];
    };
    assert.deepEqual(rows([0, 4.4, 4.6, 5.1, 5.3, 100]), [
      0, 0, 4, 0, 0, 0, 4, 0, 3, 0, 4, 0, 3, 0, 4, 0, 3, 0, 4, 2, 3, 0, 4, 2,
    ]);
    // 4 and 5 are as far from 4.5: the smaller number is kept
    assert.deepEqual(rows([4.5]), [0, 0, 4, 0]);
  }));
});

test('activations count with the norms of their rows, ties go to the lower index, zeros are never kept', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const keep = (a: number[], norms: number[], target: number): number[] => [...normMatchDense(tf.tensor2d(a, [1, a.length]), Float32Array.from(norms), Float32Array.of(target)).dataSync()];
    assert.deepEqual(keep([3, 1, 1], [1, 4, 1], 4), [0, 1, 0]);
    assert.deepEqual(keep([1, 1, 1, 1], [1, 1, 1, 1], Math.sqrt(2)), [1, 1, 0, 0]);
    assert.deepEqual(keep([0, 2, 0], [1, 1, 1], 100), [0, 2, 0]);
    assert.deepEqual(keep([0, 0], [1, 1], 1), [0, 0]);
    assert.deepEqual(keep([2], [1], 1), [2]);
  }));
});

test('k* is the brute-force argmin over all k on 1,000 rows', async (t) => {
  await eachBackend(t, () => {
    const [rows, n] = [1000, 24];
    const random = Random.from(5);
    const a = random.normals(rows * n).map((value) => Math.max(0, value));
    const norms = Float32Array.from({ length: n }, () => 0.5 + random.uniform());
    const targets = Float32Array.from({ length: rows }, () => 6 * random.uniform());
    const kept = tf.tidy(() => normMatchDense(tf.tensor2d(a, [rows, n]), norms, targets).dataSync());
    for (let row = 0; row < rows; row++) {
      const g = Array.from({ length: n }, (_, j) => Math.fround(a[row * n + j]! * norms[j]!) ** 2);
      const order = [...g.keys()].sort((p, q) => g[q]! - g[p]! || p - q);
      const size = (k: number): number => Math.sqrt(order.slice(0, k).reduce((sum, j) => sum + g[j]!, 0));
      const distances = Array.from({ length: n - 1 }, (_, i) => Math.abs(size(i + 1) - targets[row]!));
      const best = distances.indexOf(Math.min(...distances)) + 1;
      const expected = Array.from({ length: n }, (_, j) => (order.indexOf(j) < best ? a[row * n + j]! : 0));
      assert.deepEqual([...kept.subarray(row * n, (row + 1) * n)], expected, `row ${row}`);
    }
  });
});

test('the gradient is the identity on kept entries', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const a = tf.tensor2d([3, 1, 4, 2], [1, 4]);
    const gradient = tf.grad((u) => tf.sum(tf.mul(normMatchDense(u as Tensor2D, ones(4), Float32Array.of(5)), [[1, 2, 3, 4]])))(a);
    assertClose(gradient.dataSync(), [1, 0, 3, 0], 0);
  }));
});
