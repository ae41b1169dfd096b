import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { rankCorrelation } from '../../../../../../src/engine/eval/rank-correlation.ts';
import { chooseExperts, softmaxAmong } from '../../../../../../src/engine/lm/layers/moe/gates.ts';
import { expectedCounts, rowStatistics, sparsityScores } from '../../../../../../src/engine/lm/layers/moe/sparsity-router.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { float64Erf, float64Gates } from '../../../../../support/sparsity-router.ts';

test('tf.erf is within 3e-7 of the error function on every backend, its gradient within 1e-6', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = Float32Array.from({ length: 801 }, (_, i) => -4 + i / 100);
    assertClose(tf.erf(tf.tensor1d(x)).dataSync(), Float64Array.from(x, float64Erf), 3e-7);
    const gradient = tf.grad((v) => tf.erf(v))(tf.tensor1d(x)).dataSync();
    assertClose(gradient, Float64Array.from(x, (v) => (2 / Math.sqrt(Math.PI)) * Math.exp(-v * v)), 1e-6);
  }));
});

const [experts, width, dModel, tokens] = [8, 256, 64, 500];

/** Experts whose columns have means of their own, as large as the spread around them. */
function setting(seed: number): { wEnc: Tensor3D; x: Tensor2D } {
  const random = Random.from(seed);
  const means = random.normals(experts * dModel, 0.02);
  const values = random.normals(experts * width * dModel, 0.02);
  values.forEach((value, i) => (values[i] = value + means[Math.floor(i / (width * dModel)) * dModel + (i % dModel)]!));
  return { wEnc: tf.tensor3d(values, [experts, width, dModel]), x: tf.tensor2d(random.normals(tokens * dModel), [tokens, dModel]) };
}

/** Units of each expert that fire, [tokens * experts]. */
function trueCounts(wEnc: Tensor3D, x: Tensor2D): Float32Array {
  const pre = tf.matMul(x, tf.reshape(wEnc, [experts * width, dModel]) as Tensor2D, false, true);
  return tf.sum(tf.reshape(tf.cast(tf.greater(pre, 0), 'float32'), [tokens, experts, width]), 2).dataSync<'float32'>();
}

function overlap(a: Int32Array, b: Int32Array): number {
  let shared = 0;
  for (let i = 0; i < a.length; i += 2) shared += [a[i]!, a[i + 1]!].filter((expert) => expert === b[i] || expert === b[i + 1]).length;
  return shared / a.length;
}

// A-T2
test('the closed form predicts how many units fire: rank correlation, error, and the sparsest two', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { wEnc, x } = setting(1);
    const statistics = rowStatistics({ wEnc, bEnc: null });
    const scores = sparsityScores(x, statistics);
    const predicted = expectedCounts(scores, width).dataSync<'float32'>();
    const actual = trueCounts(wEnc, x);
    const correlation = rankCorrelation(predicted, actual);
    const error = predicted.reduce((sum, count, i) => sum + Math.abs(count - actual[i]!), 0) / actual.length;
    const sparsest = chooseExperts(tf.neg(tf.tensor2d(actual, [tokens, experts])) as Tensor2D, 2);
    const shared = overlap(chooseExperts(scores, 2).experts, sparsest.experts);
    t.diagnostic(`rank correlation ${correlation.toFixed(4)}, mean error ${error.toFixed(2)} of ${width}, top-2 overlap ${shared.toFixed(3)}`);
    assert.ok(correlation >= 0.95 && error <= 6 && shared >= 0.85);
    // negative control: each expert's means are another's
    const shifted = sparsityScores(x, { ...statistics, mean: tf.concat([tf.slice(statistics.mean, [1, 0]), tf.slice(statistics.mean, [0, 0], [1, -1])], 0) });
    const wrong = rankCorrelation(expectedCounts(shifted, width).dataSync(), actual);
    t.diagnostic(`with another expert's means: ${wrong.toFixed(4)}`);
    assert.ok(wrong < 0.5);
  }));
});

test('scores of a case worked by hand, biases included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // rows 1 and 3: mean 2, variance 1; biases 0 and 2: mean 1, variance 1; at x = 2: m = 5, s^2 = 5
    const weights = { wEnc: tf.tensor3d([[[1], [3]]]), bEnc: tf.tensor2d([[0, 2]]) };
    const statistics = rowStatistics(weights);
    assert.deepEqual([...statistics.mean.dataSync(), ...statistics.variance.dataSync()], [2, 1]);
    assert.deepEqual([...statistics.bias!.mean.dataSync(), ...statistics.bias!.variance.dataSync()], [1, 1]);
    assertClose(sparsityScores(tf.tensor2d([[2]]), statistics).dataSync(), [-float64Erf(5 / Math.sqrt(10))], 1e-6);
    // the same with the sign of x: m = -3
    assertClose(sparsityScores(tf.tensor2d([[-2]]), statistics).dataSync(), [float64Erf(3 / Math.sqrt(10))], 1e-6);
    assertClose(expectedCounts(tf.tensor2d([[1, 0, -1]]), 10).dataSync(), [0, 5, 10], 0);
    // rows all alike: the variance is 0, the score a sign, and the gradient finite
    const alike = tf.tensor3d([[[1], [1]]]);
    assertClose(sparsityScores(tf.tensor2d([[2]]), rowStatistics({ wEnc: alike, bEnc: null })).dataSync(), [-1], 1e-6);
    const gradient = tf.grad((w) => sparsityScores(tf.tensor2d([[2]]), rowStatistics({ wEnc: w as Tensor3D, bEnc: null })))(alike).dataSync();
    assert.ok(gradient.every(Number.isFinite));
  }));
});

// A-T3: central differences in float64, of a twin in plain TypeScript, against autograd in float32
test('the gradient of the gates through mean and variance is that of finite differences within 1e-3', async (t) => {
  const shape = { experts: 4, width: 6, dModel: 5, tokens: 7, k: 2 };
  const random = Random.from(5);
  const wEnc = random.normals(shape.experts * shape.width * shape.dModel, 0.5);
  const x = random.normals(shape.tokens * shape.dModel);
  const weights = random.normals(shape.tokens * shape.experts);
  const value = (w: Float64Array): number => float64Gates(w, Float64Array.from(x), shape).reduce((sum, gate, i) => sum + gate * weights[i]!, 0);
  const differences = Array.from(wEnc, (_, i) => {
    const moved = (by: number): number => value(Float64Array.from(wEnc, (w, j) => (i === j ? w + by : w)));
    return (moved(1e-5) - moved(-1e-5)) / 2e-5;
  });
  await eachBackend(t, () => tf.tidy(() => {
    const gate = (w: Tensor): Tensor2D => {
      const scores = sparsityScores(tf.tensor2d(x, [shape.tokens, shape.dModel]), rowStatistics({ wEnc: w as Tensor3D, bEnc: null }));
      return softmaxAmong(scores, chooseExperts(scores, shape.k));
    };
    const start = tf.tensor3d(wEnc, [shape.experts, shape.width, shape.dModel]);
    assertClose(gate(start).dataSync(), float64Gates(Float64Array.from(wEnc), Float64Array.from(x), shape), 1e-6, 'gates');
    const gradient = tf.grad((w) => tf.sum(tf.mul(gate(w), tf.tensor2d(weights, [shape.tokens, shape.experts]))))(start).dataSync();
    const distance = Math.hypot(...differences.map((d, i) => d - gradient[i]!)) / Math.hypot(...differences);
    assert.ok(distance < 1e-3, `relative error ${distance}`);
    const largest = Math.max(...differences.map(Math.abs));
    differences.forEach((difference, i) => assert.ok(Math.abs(difference - gradient[i]!) < 1e-3 * largest, `entry ${i}: ${gradient[i]} and ${difference}`));
    // and none passes when the statistics are constants
    assert.ok(differences.filter((difference) => Math.abs(difference) > 1e-3).length > 20);
  }));
});
