import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { batchTopKDense } from '../../../../src/engine/ops/choice.ts';
import { Random } from '../../../../src/engine/random.ts';
import type { Weights } from '../../../../src/engine/sae/definition.ts';
import { auxiliaryLoss, preActivations, tiedUnitInit } from '../../../../src/engine/sae/parts.ts';
import { choiceLoss, densityBuffers, dyingShare, dyingWeights, movedDensities, uniformCurve, zipfQuotas, zipfShares } from '../../../../src/engine/sae/zipf.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { initContext } from '../../../support/variants.ts';

const curve = { exponent: 1, shift: 2.7 };
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const config = { k: 3, auxK: 4, auxCoefficient: 0.5, dyingBelow: 0.5, zipfExponent: 1, zipfShift: 0, thresholdDecay: 0.9 };

test('shares fall as 1 / (rank + shift) and sum to 1', () => {
  // 1, 1/2, 1/3 over 11/6
  assertClose(zipfShares(3, { exponent: 1, shift: 0 }), [6 / 11, 3 / 11, 2 / 11], 1e-12);
  assertClose(zipfShares(4, uniformCurve), [0.25, 0.25, 0.25, 0.25], 1e-12);
  // 1 / 3.7 over 1 / 4.7
  const shares = zipfShares(2, curve);
  assertClose([shares[0]! / shares[1]!], [4.7 / 3.7], 1e-12);
});

test('quotas sum to the total by largest remainder, each from 1 to the number of rows', () => {
  // 6/11, 3/11 and 2/11 of 10 are 5.45, 2.73 and 1.82: 5 + 2 + 1, and the two left over go to the remainders .82 and .73
  assert.deepEqual([...zipfQuotas(3, 10, 100, { exponent: 1, shift: 0 })], [5, 3, 2]);
  // at most 4 rows: the other six go to the ranks that are left, 3 : 2 of 6 is 3.6 and 2.4
  assert.deepEqual([...zipfQuotas(3, 10, 4, { exponent: 1, shift: 0 })], [4, 4, 2]);
  assert.deepEqual([...zipfQuotas(128, 3 * 512, 512, uniformCurve)], new Array<number>(128).fill(12));
  assert.deepEqual([...zipfQuotas(3, 7, 100, uniformCurve)], [3, 2, 2]);
  assert.deepEqual([...zipfQuotas(3, 3, 100, curve)], [1, 1, 1]);
  assert.deepEqual([...zipfQuotas(3, 12, 4, curve)], [4, 4, 4]);
  for (const [latents, total, rows] of [[24576, 32 * 4096, 4096], [1000, 1001, 512], [6144, 6144 * 30, 31]] as const) {
    const quotas = zipfQuotas(latents, total, rows, curve);
    assert.equal(sum(quotas), total);
    assert.ok(quotas.every((quota, rank) => quota >= 1 && quota <= rows && (rank === 0 || quota <= quotas[rank - 1]!)), `${latents} latents`);
  }
});

test('densities are a running mean without bias, ranks follow them every 100 steps and where told', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const start = densityBuffers(3);
    const latents = tf.tensor2d([0, 2, 1, 0, 3, 0], [2, 3]);
    const first = movedDensities(start, latents, 0);
    assert.deepEqual(Object.keys(first), ['density']);
    assertClose(first['density']!.dataSync(), [0, 1, 0.5], 1e-6);
    // the second batch weighs 1 / 1.99
    const second = movedDensities({ ...start, ...first }, tf.tensor2d([-1, 0, 0, -1, 0, 0], [2, 3]), 1, 1);
    assertClose(second['density']!.dataSync(), [1 / 1.99, 0.99 / 1.99, 0.495 / 1.99], 1e-5);
    assert.deepEqual([...second['rank']!.dataSync()], [0, 1, 2]);
    const ranked = movedDensities(start, latents, 99);
    assert.deepEqual([...ranked['rank']!.dataSync()], [2, 0, 1]);
  }));
});

test('a latent is dying by how far it is below half of what its rank expects', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // expected with k 3: 3 * 6/11, 3 * 3/11, 3 * 2/11; half of that for ranks 2, 0, 1: 3/11, 9/11, 4.5/11
    const buffers: Weights = { density: tf.tensor1d([1.5 / 11, 1, 0]), rank: tf.tensor1d([2, 0, 1]) };
    assertClose(dyingWeights(buffers, config), [0.5, 0, 1], 1e-6);
    assert.ok(Math.abs(dyingShare(buffers, config) - 2 / 3) < 1e-9);
    assert.deepEqual([...dyingWeights(buffers, { ...config, dyingBelow: 0 })], [0, 0, 0]);
  }));
});

test('aux_zipf_loss is the auxiliary loss of TopK where latents are either dead or used enough, values and gradients', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [dIn, dSae, rows] = [6, 20, 15];
    const dead = Float32Array.from({ length: dSae }, (_, j) => (j >= 12 ? 1 : 0));
    const buffers = { density: tf.tensor1d(dead.map((value) => 1 - value)), rank: densityBuffers(dSae)['rank']! };
    const weights: Weights = { ...tiedUnitInit(initContext({ dIn, dSae })), ...buffers };
    const x = tf.tensor2d(Random.from(1).normals(rows * dIn), [rows, dIn]);
    const own = (now: Weights): Tensor => {
      const u = preActivations(now, x);
      return choiceLoss(now, x, u, batchTopKDense(u, 3 * rows), config, 5).auxLoss;
    };
    const standard = (now: Weights): Tensor => {
      const u = preActivations(now, x);
      const y = tf.add(tf.matMul(batchTopKDense(u, 3 * rows), now['wDec'] as Tensor2D), now['bDec']!);
      return auxiliaryLoss(now['wDec'] as Tensor2D, u, tf.sub(x, y), 4, tf.tensor1d(dead) as Tensor1D);
    };
    assert.ok(own(weights).dataSync()[0]! > 0.1);
    assert.deepEqual(own(weights).dataSync(), standard(weights).dataSync());
    const names = ['wEnc', 'wDec', 'bEnc'] as const;
    const gradients = (loss: (now: Weights) => Tensor): Float32Array[] => tf.grads((...tensors: Tensor[]) =>
      loss({ ...weights, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }))(names.map((name) => weights[name]!)).map((g) => g.dataSync<'float32'>());
    for (const [i, gradient] of gradients(own).entries()) assertClose(gradient, gradients(standard)[i]!, 1e-6, names[i]);
    // a half-used latent counts half as much as a dead one
    const half = { ...weights, density: tf.tensor1d(dead.map((value, j) => (value === 0 ? 1 : 0.25 * 3 * zipfShares(dSae, { exponent: 1, shift: 0 })[j]!))) };
    const all = Array.from(dyingWeights(half, config).subarray(12));
    assertClose(all, new Array<number>(8).fill(0.5), 1e-5);
    assert.notEqual(own(half).dataSync()[0], own(weights).dataSync()[0]);
    assert.equal(own({ ...weights, density: tf.ones([dSae]) }).dataSync()[0], 0);
  }));
});
