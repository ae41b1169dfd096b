import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { dictionaryStart, istaBlock, istaStep, overcompleteCodes, readOut } from '../../../../../../src/engine/lm/layers/crate/ista.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { objective, squaredNorm, step, times, timesTransposed } from '../../../../../support/ista.ts';

const p = 16;
const lambda = 0.1;

interface Case {
  readonly d: Float64Array;
  readonly z: Float64Array;
  readonly eta: number;
}

function* cases(count: number): Iterable<Case> {
  const random = Random.from(7);
  for (let i = 0; i < count; i++) {
    const d = Float64Array.from(random.normals(p * p, 1 / Math.sqrt(p)));
    yield { d, z: Float64Array.from(random.normals(p)), eta: 1 / squaredNorm(d, p) };
  }
}

// C-T1
test('from max(0, z) the objective never rises in 2,000 problems; from z itself, which has negative entries, it sometimes does', (t) => {
  let rises = 0;
  for (const { d, z, eta } of cases(2000)) {
    let a: Float64Array = z.map((value) => Math.max(0, value));
    for (let n = 0; n < 20; n++) {
      const next = step(d, z, a, eta, lambda);
      assert.ok(objective(d, z, next, lambda) <= objective(d, z, a, lambda) + 1e-12);
      a = next;
    }
    if (objective(d, z, step(d, z, z, eta, lambda), lambda) > objective(d, z, z, lambda) + 1e-12) rises++;
  }
  t.diagnostic(`from a = z the objective rose in ${rises} of 2,000`);
  assert.ok(rises >= 1);
});

// C-T2
test('after 5,000 steps the optimality conditions hold within 1e-4', () => {
  for (const { d, z, eta } of cases(20)) {
    let a: Float64Array = new Float64Array(p);
    for (let n = 0; n < 5000; n++) a = step(d, z, a, eta, lambda);
    const fit = times(d, a);
    const push = timesTransposed(d, z.map((value, i) => value - fit[i]!));
    a.forEach((value, j) => {
      if (value > 0) assert.ok(Math.abs(push[j]! - lambda) < 1e-4, `support: ${push[j]}`);
      else assert.ok(push[j]! <= lambda + 1e-4, `off it: ${push[j]}`);
    });
    assert.ok(a.some((value) => value > 0) && a.some((value) => value === 0));
  }
});

test('the step on tensors is the step in float64 within 1e-5', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const { d, z } of cases(10)) {
      const [dictionary, rows] = [tf.tensor2d(Float32Array.from(d), [p, p]), tf.tensor2d(Float32Array.from(z), [1, p])];
      assertClose(istaBlock(rows, dictionary, { eta: 0.1, lambda }).dataSync(), step(d, z, z, 0.1, lambda), 1e-5);
      const positive = z.map((value) => Math.max(0, value));
      assertClose(istaStep(tf.relu(rows), rows, dictionary, { eta: 0.3, lambda: 0.02 }).dataSync(), step(d, z, positive, 0.3, 0.02), 1e-5);
    }
  }));
});

test('overcomplete codes start at 0, follow the same steps, and are read out by D', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [d, n] = [6, 24];
    const random = Random.from(3);
    const dictionary = Float64Array.from(random.normals(d * n, 0.3));
    const z = Float64Array.from(random.normals(d));
    const settings = { eta: 0.1, lambda: 0.05 };
    const [tensor, rows] = [tf.tensor2d(Float32Array.from(dictionary), [d, n]), tf.tensor2d(Float32Array.from(z), [1, d])];
    let a: Float64Array = new Float64Array(n);
    for (let steps = 1; steps <= 3; steps++) {
      a = step(dictionary, z, a, settings.eta, settings.lambda);
      const codes = overcompleteCodes(rows, tensor, settings, steps);
      assertClose(codes.dataSync(), a, 1e-5, `${steps} steps`);
      assertClose(readOut(codes, tensor).dataSync(), times(dictionary, a), 1e-5);
    }
  }));
});

test('the gradient is that of differences in float64', async (t) => {
  const random = Random.from(5);
  const [d, z, weights] = [random.normals(16, 0.5), random.normals(4), random.normals(4)];
  const value = (dictionary: Float64Array): number => step(dictionary, Float64Array.from(z), Float64Array.from(z), 0.1, lambda).reduce((sum, a, i) => sum + a * weights[i]!, 0);
  await eachBackend(t, () => tf.tidy(() => {
    const gradient = tf.grad((w) => tf.sum(tf.mul(istaBlock(tf.tensor2d(z, [1, 4]), w as Tensor2D, { eta: 0.1, lambda }), tf.tensor2d(weights, [1, 4]))))(tf.tensor2d(d, [4, 4])).dataSync();
    for (let i = 0; i < 16; i++) {
      const moved = (by: number): number => value(Float64Array.from(d, (w, j) => (i === j ? w + by : w)));
      assertClose([gradient[i]!], [(moved(1e-5) - moved(-1e-5)) / 2e-5], 1e-5, `entry ${i}`);
    }
  }));
});

test('a dictionary of 384 starts with |D|^2 near 7.9, so that 0.1 is below 1 / |D|^2', () => {
  const values = dictionaryStart(Random.from(1), [384, 384]);
  const norm = squaredNorm(Float64Array.from(values), 384);
  assert.ok(norm > 7.4 && norm < 8.2, String(norm));
});
