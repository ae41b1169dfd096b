import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { l0Threshold, largestEigenvalue, penalties, penaltyOf, prox, proximalSteps } from '../../../../src/engine/sae/prox.ts';
import type { Penalty } from '../../../../src/engine/sae/prox.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const lambda = 0.5;
const of = (penalty: Penalty['penalty'], k = 3): Penalty => ({ penalty, k, lambda });
const values = (u: readonly number[], penalty: Penalty): number[] => [...tf.tidy(() => prox(tf.tensor2d([...u], [1, u.length]), penalty).dataSync())];

test('the operators of l1 and l0 are the argmin over a grid, within 1e-3', async (t) => {
  await eachBackend(t, () => {
    // away from sqrt(2 lambda) = 1 by a grid step, where keeping and dropping cost the same
    const u = Array.from({ length: 60 }, (_, i) => -3 + i * 0.1033).filter((value) => Math.abs(value - 1) > 1e-3);
    const costs = { l1: (z: number) => lambda * z, l0: (z: number) => (z > 0 ? lambda : 0) };
    for (const penalty of ['l1', 'l0'] as const) {
      const brute = u.map((value) => {
        let [best, cost] = [0, Infinity];
        for (let i = 0; i <= 8000; i++) {
          const z = i * 5e-4;
          const now = 0.5 * (value - z) ** 2 + costs[penalty](z);
          if (now < cost) [best, cost] = [z, now];
        }
        return best;
      });
      assertClose(values(u, of(penalty)), brute, 1e-3, penalty);
    }
  });
});

test('the operators of topk and abs-topk are the argmin over all supports of 8 entries', async (t) => {
  await eachBackend(t, () => {
    const random = Random.from(6);
    for (let trial = 0; trial < 20; trial++) {
      const u = [...random.normals(8)];
      for (const k of [1, 3, 8]) {
        for (const penalty of ['topk', 'abs-topk'] as const) {
          let [best, cost]: [number[], number] = [[], Infinity];
          for (let support = 0; support < 256; support++) {
            const inside = u.map((_, i) => (support >> i) % 2 === 1);
            if (inside.filter(Boolean).length > k) continue;
            const z = u.map((value, i) => (inside[i] ? (penalty === 'topk' ? Math.max(0, value) : value) : 0));
            const now = z.reduce((sum, value, i) => sum + (u[i]! - value) ** 2, 0);
            if (now < cost - 1e-12) [best, cost] = [z, now];
          }
          assertClose(values(u, of(penalty, k)), best, 1e-6, `${penalty} ${k}`);
        }
      }
    }
  });
});

test('abs-topk is topk on positive input and odd, topk is not', async (t) => {
  await eachBackend(t, () => {
    const u = [...Random.from(7).normals(40)];
    const sizes = u.map(Math.abs);
    assert.deepEqual(values(sizes, of('abs-topk')), values(sizes, of('topk')));
    const negated = u.map((value) => -value);
    assertClose(values(negated, of('abs-topk')), values(u, of('abs-topk')).map((value) => -value), 0);
    assert.notDeepEqual(values(negated, of('topk')).map((value) => Math.abs(value)), values(u, of('topk')));
  });
});

test("on the l0 objective the operator of l0 is never worse than ReLU's shift", async (t) => {
  await eachBackend(t, () => {
    const u = Array.from({ length: 601 }, (_, i) => -3 + i / 100);
    const objective = (z: number[]): number[] => z.map((value, i) => 0.5 * (u[i]! - value) ** 2 + (value > 0 ? lambda : 0));
    const [jump, shrunk] = [objective(values(u, of('l0'))), objective(values(u, of('l1')))];
    for (const [i, cost] of jump.entries()) assert.ok(cost <= shrunk[i]! + 1e-6, `u ${u[i]}: ${cost} and ${shrunk[i]}`);
    assert.equal(l0Threshold(0.5), 1);
  });
});

test('a step scales lambda, and gradients are the identity on kept entries', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const u = tf.tensor2d([0.4, 0.6, -2, 3], [1, 4]);
    assertClose(prox(u, of('l1'), 0.5).dataSync(), [0.15, 0.35, 0, 2.75], 1e-6);
    // sqrt(2 * 0.25 * 0.5) = 0.5
    assertClose(prox(u, of('l0'), 0.25).dataSync(), [0, 0.6, 0, 3], 1e-6);
    const kept = { l1: [0, 1, 0, 1], l0: [0, 0, 0, 1], topk: [1, 1, 0, 1], 'abs-topk': [0, 1, 1, 1] };
    for (const penalty of penalties) assertClose(tf.grad((x) => tf.sum(prox(x as Tensor2D, of(penalty))))(u).dataSync(), kept[penalty], 0, penalty);
  }));
});

test('penalties of codes worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const z = tf.tensor2d([1, 0, 2, 0, 0, 3], [2, 3]);
    const costs = penalties.map((penalty) => penaltyOf(z, of(penalty)).dataSync()[0]);
    // abs-topk and topk constrain; l0: 0.5 * 3 entries over 2 rows; l1: 0.5 * 6 over 2 rows
    assert.deepEqual(costs, [0, 0, 0.75, 1.5]);
  }));
});

test("the bound of the decoder's largest eigenvalue is above it, by 1.12 at most", async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // rows along axes, lengths 3, 2, 1: eigenvalues 9, 4, 1
    const axes = largestEigenvalue(tf.tensor2d([3, 0, 0, 0, 2, 0, 0, 0, 1], [3, 3]));
    assert.ok(axes >= 9 - 1e-5 && axes < 9.1, String(axes));
    // many equal eigenvalues: the worst case, d^(1/64)
    const equal = largestEigenvalue(tf.eye(64));
    assert.ok(equal >= 0.9999 && equal < 1.12, String(equal));
    assert.ok(largestEigenvalue(tf.mul(tf.eye(64), 1e-12) as Tensor2D) > 0);
  }));
});

test('the objective never rises over unrolled steps', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [rows, dIn, dSae] = [40, 16, 48];
    const random = Random.from(8);
    const wDec = tf.tensor2d(unitRows(random.normals(dSae * dIn), dSae, dIn), [dSae, dIn]);
    const x = tf.tensor2d(random.normals(rows * dIn), [rows, dIn]);
    for (const penalty of penalties) {
      const objective = (z: Tensor2D): number => {
        const error = tf.sum(tf.squaredDifference(x, tf.matMul(z, wDec))).dataSync()[0]!;
        return error / 2 / rows + penaltyOf(z, of(penalty, 6)).dataSync()[0]!;
      };
      let z = prox(tf.matMul(x, wDec, false, true), of(penalty, 6));
      const start = objective(z);
      let before = start;
      for (let step = 0; step < 15; step++) {
        z = proximalSteps(z, x, wDec, of(penalty, 6), 1);
        const now = objective(z);
        assert.ok(now <= before + 1e-4, `${penalty}, step ${step}: ${before} to ${now}`);
        before = now;
      }
      assert.ok(before < 0.95 * start, `${penalty}: ${start} to ${before}`);
      assertClose(proximalSteps(prox(tf.matMul(x, wDec, false, true), of(penalty, 6)), x, wDec, of(penalty, 6), 15).dataSync(), z.dataSync(), 1e-5, penalty);
    }
  }));
});

test('the gradient through unrolled steps is that of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [dIn, dSae] = [4, 6];
    const random = Random.from(9);
    const wDec = tf.tensor2d(unitRows(random.normals(dSae * dIn), dSae, dIn), [dSae, dIn]);
    const x = tf.tensor2d(random.normals(3 * dIn), [3, dIn]);
    const f = (u: tf.Tensor): tf.Tensor => tf.sum(tf.square(tf.sub(x, tf.matMul(proximalSteps(u as Tensor2D, x, wDec, of('abs-topk', 2), 3), wDec))));
    const start = random.normals(3 * dSae);
    const gradient = tf.grad(f)(tf.tensor2d(start, [3, dSae])).dataSync();
    for (const i of [0, 5, 8, 13, 17]) {
      const moved = (by: number): number => f(tf.tensor2d(start.map((value, j) => (j === i ? value + by : value)), [3, dSae])).dataSync()[0]!;
      assertClose([gradient[i]!], [(moved(1e-3) - moved(-1e-3)) / 2e-3], 1e-2, `entry ${i}`);
    }
  }));
});
