import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { batchTopKDense, columnTopKDense } from '../../../../src/engine/ops/choice.ts';
import { topKDense } from '../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

/** By brute force: sort by value, then by place, and keep the first `count` positive ones. */
function largest(values: ArrayLike<number>, count: number): number[] {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
  return Array.from(values, (value, i) => (value > 0 && order.includes(i) ? value : 0));
}

/** Few distinct values, so that there are ties, over many orders of magnitude and with exact powers of two. */
function tied(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => (random.integer(5) - 1) * 2 ** (random.integer(9) - 4));
}

test('a batch keeps its largest positive entries, ties go to the lower place, zeros and negatives are never kept', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d([2, -1, 3, 2, 2, 0, -5, 1], [2, 4]);
    assert.deepEqual([...batchTopKDense(u, 3).dataSync()], [2, 0, 3, 2, 0, 0, 0, 0]);
    assert.deepEqual([...batchTopKDense(u, 8).dataSync()], [2, 0, 3, 2, 2, 0, 0, 1]);
    assert.deepEqual([...batchTopKDense(u, 0).dataSync()], [0, 0, 0, 0, 0, 0, 0, 0]);
  }));
});

test('a batch keeps what sorting keeps', async (t) => {
  await eachBackend(t, () => {
    const random = Random.from(1);
    for (const count of [0, 1, 2, 17, 60, 90, 200]) {
      const values = tied(random, 120);
      const normals = random.normals(120);
      for (const u of [values, normals]) {
        const kept = tf.tidy(() => batchTopKDense(tf.tensor2d(u, [10, 12]), count).dataSync());
        assert.deepEqual([...kept], largest(u, count), `count ${count}`);
      }
    }
  });
});

test('exactly min(count, positives) entries are kept', async (t) => {
  await eachBackend(t, () => {
    const random = Random.from(2);
    for (let trial = 0; trial < 20; trial++) {
      const u = random.normals(30 * 40);
      const count = random.integer(1000);
      const kept = tf.tidy(() => batchTopKDense(tf.tensor2d(u, [30, 40]), count).dataSync());
      assert.equal(kept.filter((value) => value > 0).length, Math.min(count, u.filter((value) => value > 0).length));
    }
  });
});

test('columns keep what top-k keeps on the transpose, entry for entry', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(3);
    for (const m of [1, 4, 29]) {
      const u = tf.tensor2d(tied(random, 37 * 29), [37, 29]);
      const columns = columnTopKDense(u, new Int32Array(29).fill(m));
      assert.deepEqual([...columns.dataSync()], [...tf.transpose(topKDense(tf.transpose(u), m)).dataSync()]);
    }
  }));
});

test('each column has its own count', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, -9], [3, 3]);
    assert.deepEqual([...columnTopKDense(u, Int32Array.of(0, 1, 3)).dataSync()], [0, 0, 3, 0, 0, 6, 0, 8, 0]);
  }));
});

test('the gradient is the identity on kept entries and zero on dropped ones', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(4);
    // 23 is prime to 60: all values differ by at least 0.1
    const u = tf.tensor2d(Float32Array.from({ length: 60 }, (_, i) => ((i * 23) % 60 - 29.5) / 10), [6, 10]);
    const weight = tf.tensor2d(random.normals(60), [6, 10]);
    for (const op of [(a: Tensor2D) => batchTopKDense(a, 12), (a: Tensor2D) => columnTopKDense(a, new Int32Array(10).fill(2))]) {
      const gradient = tf.grad((a) => tf.sum(tf.mul(op(a as Tensor2D), weight)))(u).dataSync();
      const kept = op(u).dataSync();
      assertClose(gradient, weight.dataSync().map((w, i) => (kept[i]! > 0 ? w : 0)), 0);
      // finite differences, far enough from a change of the selection: 1e-3 against gaps of 0.1
      const value = (at: number, step: number): number => tf.tidy(() => {
        const moved = Float32Array.from(u.dataSync());
        moved[at]! += step;
        return tf.sum(tf.mul(op(tf.tensor2d(moved, [6, 10])), weight)).dataSync()[0]!;
      });
      for (const at of [0, 5, 13, 41, 59]) {
        const slope = (value(at, 1e-3) - value(at, -1e-3)) / 2e-3;
        assert.ok(Math.abs(slope - gradient[at]!) < 5e-3, `entry ${at}: ${slope} and ${gradient[at]}`);
      }
    }
  }));
});

test('entries that are not finite are refused with their row', async (t) => {
  await eachBackend(t, () => {
    for (const broken of [NaN, Infinity, -Infinity]) {
      for (const op of [(u: Tensor2D) => batchTopKDense(u, 1), (u: Tensor2D) => columnTopKDense(u, Int32Array.of(1, 1, 1))]) {
        assert.throws(() => tf.tidy(() => op(tf.tensor2d([1, 2, 3, 4, broken, 6], [2, 3]))),
          (error) => error instanceof LoupeError && error.kind === 'not-finite' && error.message.includes('row 1'));
      }
    }
  });
});

test('a wrong number of column counts is refused', async (t) => {
  await eachBackend(t, () => {
    assert.throws(() => tf.tidy(() => columnTopKDense(tf.zeros([2, 3]), new Int32Array(2))), /counts has 2 entries, u has 3 columns/);
  });
});
