import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { inWindow, jumpRelu, stepAbove } from '../../../../src/engine/ops/jump-relu.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('values and pseudo-gradients of a case worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // threshold 1 and 2, window of width 0.5; rows inside the first window, above both, below both
    const u = tf.tensor2d([[1.2, 3], [0.9, 1.8], [-1, 2]]);
    const threshold = tf.tensor1d([1, 2]);
    assertClose(jumpRelu(u, threshold, 0.5).dataSync(), [1.2, 3, 0, 0, 0, 0], 1e-6);
    assertClose(stepAbove(u, threshold, 0.5).dataSync(), [1, 1, 0, 0, 0, 0], 0);
    assertClose(inWindow(u, threshold, 0.5).dataSync(), [1, 0, 1, 1, 0, 1], 0);
    const dy = tf.tensor2d([[1, 10], [2, 20], [3, 30]]);
    const of = (op: typeof jumpRelu): Tensor[] => tf.grads((a, b) => op(a as Tensor2D, b as Tensor1D, 0.5))([u, threshold], dy);
    const [jumpU, jumpT] = of(jumpRelu);
    assertClose(jumpU!.dataSync(), [1, 10, 0, 0, 0, 0], 1e-6);
    // -(1 / 0.5) (1 + 2) and -(2 / 0.5) (20 + 30)
    assertClose(jumpT!.dataSync(), [-6, -200], 1e-6);
    const [stepU, stepT] = of(stepAbove);
    assertClose(stepU!.dataSync(), [0, 0, 0, 0, 0, 0], 0);
    assertClose(stepT!.dataSync(), [-6, -100], 1e-6);
  }));
});

test('with a threshold of 0 it is ReLU, gradients included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d(Random.from(1).normals(60), [6, 10]);
    const zero = tf.zeros([10]) as Tensor1D;
    assert.deepEqual(jumpRelu(u, zero, 0.1).dataSync().map(Math.abs), tf.relu(u).dataSync());
    assert.deepEqual(tf.grad((x) => jumpRelu(x as Tensor2D, zero, 0.1))(u).dataSync(), tf.grad(tf.relu)(u).dataSync());
  }));
});

/** Mean loss over samples with H replaced by H convolved with the window: (x - u H)^2 and H. */
function smoothed(u: Float32Array, threshold: number, bandwidth: number): { readonly error: number; readonly count: number } {
  let [error, count] = [0, 0];
  for (const value of u) {
    const h = Math.min(1, Math.max(0, (value - threshold) / bandwidth + 0.5));
    error += (value - value * h) ** 2 / u.length;
    count += h / u.length;
  }
  return { error, count };
}

// sae-standard.md section 2: within 2 % on 10^6 samples of N(0, 1). The target x is u itself, so that the squared error is (u - f)^2.
test('pseudo-gradients agree with differences of the smoothed loss within 2 % on a million samples', async (t) => {
  const [threshold, bandwidth, by] = [1, 0.1, 0.01];
  const samples = Random.from(5).normals(1_000_000);
  const [up, down] = [smoothed(samples, threshold + by, bandwidth), smoothed(samples, threshold - by, bandwidth)];
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d(samples, [samples.length, 1]);
    const at = tf.tensor1d([threshold]);
    const error = tf.grad((theta) => tf.mean(tf.squaredDifference(u, jumpRelu(u, theta as Tensor1D, bandwidth))))(at).dataSync()[0]!;
    const count = tf.grad((theta) => tf.mean(stepAbove(u, theta as Tensor1D, bandwidth)))(at).dataSync()[0]!;
    const expected = { error: (up.error - down.error) / (2 * by), count: (up.count - down.count) / (2 * by) };
    assert.ok(Math.abs(error / expected.error - 1) < 0.02, `${error} and ${expected.error}`);
    assert.ok(Math.abs(count / expected.count - 1) < 0.02, `${count} and ${expected.count}`);
  }));
});
