import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { jumprelu } from '../../../../../src/engine/sae/variants/jumprelu.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences, lossGradients } from '../../../../support/gradients.ts';
import { trainOnSyn } from '../../../../support/syn-training.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = jumprelu.config.parse({ targetL0: null, sparsityCoefficient: 0.3, sparsityWarmup: 0, threshold: 0.2, bandwidth: 0.1 });
const start = (): Weights => jumprelu.init(config, initContext(sizes));
const batch = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * 6), [rows, 6]);
/** u = 3 and 1 with thresholds 0.5 and 2: one latent fires on row 0, none on row 1 (u = 0 and 0). */
const small = (): Weights => ({
  wEnc: tf.tensor2d([[3], [1]]), wDec: tf.tensor2d([[0.5], [1]]), bEnc: tf.tensor1d([0, 0]), bDec: tf.tensor1d([0]), threshold: tf.tensor1d([0.5, 2]),
});

test('losses of a case worked by hand: L0, a target for it, tanh, and the lift of dead latents', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = batchOf(tf.tensor2d([[1], [0]]));
    const of = (fields: object, dead: number[] | null = null): number => {
      const context = lossContext({ dIn: 1, dSae: 2 }, { dead: dead === null ? null : tf.tensor1d(dead), deadCount: 1 });
      return jumprelu.loss(small(), x, { ...config, sparsityCoefficient: 10, ...fields }, context).loss.dataSync()[0]!;
    };
    // y = 1.5 and 0: mean squared error 0.125; L0 0.5
    assertClose([of({})], [0.125 + 5], 1e-6);
    assertClose([of({ targetL0: 2 })], [0.125 + 10 * 0.75 ** 2], 1e-6);
    assertClose([of({ penalty: 'tanh', tanhScale: 0.5 })], [0.125 + 5 * Math.tanh(1.5)], 1e-6);
    // the dead latent lies 1 and 2 below its threshold
    assertClose([of({ preActCoefficient: 2 }, [0, 1])], [0.125 + 5 + 2 * 1.5], 1e-6);
    assertClose([of({ preActCoefficient: 2 })], [0.125 + 5], 1e-6);
    assertClose([of({ sparsityCoefficient: null }), of({ sparsityCoefficient: null, targetL0: 2 })], [0.125 + 0.5e-3, 0.125 + 0.5625], 1e-6);
  }));
});

test('gradients of weights and biases are those of finite differences, with each penalty', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { threshold, ...smooth } = start() as Record<string, Tensor>;
    for (const fields of [{}, { penalty: 'tanh' as const, targetL0: 4 }]) {
      checkByDifferences(jumprelu, smooth, { threshold: threshold! }, batchOf(batch()), { ...config, ...fields }, lossContext(sizes), { step: 3e-4 });
    }
  }));
});

test("the thresholds' gradient is the pseudo-gradient: from the window alone, scaled by the miss of the target", async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { threshold, ...others } = start();
    const u = tf.add(tf.matMul(batch(), others['wEnc'] as Tensor2D, false, true), others['bEnc']!).arraySync() as number[][];
    const f = u.map((row) => row.map((value) => (value > 0.2 ? value : 0)));
    const wDec = others['wDec']!.arraySync() as number[][];
    const x = batch().arraySync();
    const l0 = f.flat().filter((value) => value > 0).length / rows;
    const expected = Array.from({ length: 20 }, (_, j) => u.reduce((sum, row, r) => {
      if (Math.abs(row[j]! - 0.2) >= 0.05) return sum;
      const dLatent = x[r]!.reduce((total, value, i) => total + (2 / rows) * (f[r]!.reduce((y, latent, m) => y + latent * wDec[m]![i]!, 0) - value) * wDec[j]![i]!, 0);
      return sum - dLatent * 0.2 / 0.1 - (0.3 / rows / 0.1) * 2 * (l0 / 4 - 1) / 4;
    }, 0));
    const gradient = lossGradients(jumprelu, { threshold: threshold! }, others, batchOf(batch()), { ...config, targetL0: 4 }, lossContext(sizes))['threshold']!.dataSync();
    assert.ok(expected.some((value) => value !== 0) && expected.includes(0));
    assertClose(gradient, expected, 1e-4);
  }));
});

test('thresholds stay positive, and are saved as they are; figures of them are given', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = { ...small(), threshold: tf.tensor1d([-0.5, 2]) };
    const x = batchOf(tf.tensor2d([[1], [0]]));
    const result = jumprelu.loss(small(), x, config, lossContext({ dIn: 1, dSae: 2 }));
    const after = jumprelu.afterStep!(weights, x, result, config, lossContext({ dIn: 1, dSae: 2 }));
    assert.deepEqual([...after['threshold']!.dataSync()], [0, 2]);
    assert.deepEqual(jumprelu.inference(config, small()), { kind: 'jumprelu', threshold: Float32Array.of(0.5, 2) });
    // of u = 3, 1, 0, 0 with a window of width 2.1: only 1 lies within 1.05 of 2, and 0 within 1.05 of 0.5
    const figures = jumprelu.diagnose!(small(), result, { ...config, bandwidth: 2.1 });
    assert.deepEqual(figures, { windowShare: 0.5, threshold: 1.25, thresholdMin: 0.5, thresholdMax: 2 });
    assertClose(jumprelu.encode(small(), x.x, config).dataSync(), result.latents.dataSync(), 1e-6);
  }));
});

test('with thresholds of 0 it encodes as ReLU does', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights: Weights = { ...start(), threshold: tf.zeros([20]) };
    const u = tf.add(tf.matMul(batch(), weights['wEnc'] as Tensor2D, false, true), weights['bEnc']!);
    assertClose(jumprelu.encode(weights, batch(), config).dataSync(), tf.relu(u).dataSync(), 1e-6);
  }));
});

// sae-standard.md section 2. x of mean norm 1, thresholds and window as on this task
test('trained: L0 falls from lambda to lambda, and a target is met', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const fields = { threshold: 0.05, bandwidth: 0.1, sparsityWarmup: 0.05 };
  const train = (more: object): number => trainOnSyn({ variant: jumprelu, fields: { ...fields, ...more }, dSae: 64, batch: 256, steps: 400, seed: 1 }).l0;
  const l0 = [1e-3, 4e-3, 1.6e-2, 6.4e-2].map((sparsityCoefficient) => train({ targetL0: null, sparsityCoefficient }));
  assert.ok(l0.every((value, i) => i === 0 || value < l0[i - 1]!), String(l0));
  const met = train({ targetL0: 6 });
  assert.ok(Math.abs(met / 6 - 1) < 0.15, `${met}`);
});
