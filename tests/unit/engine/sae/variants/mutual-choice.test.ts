import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { batchTopKDense, columnTopKDense } from '../../../../../src/engine/ops/choice.ts';
import { topKDense } from '../../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { mutualChoice } from '../../../../../src/engine/sae/variants/mutual-choice.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences } from '../../../../support/gradients.ts';
import { trainOnSyn } from '../../../../support/syn-training.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = mutualChoice.config.parse({ k: 3, auxK: 4 });
const trained = (): Weights => ({ ...mutualChoice.init(config, initContext(sizes)), bEnc: tf.tensor1d(Random.from(5).normals(20, 0.1)) });
const buffers = (): Weights => mutualChoice.buffers!(config, initContext(sizes));
const batch = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * 6), [rows, 6]);

// sae-variants.md section 1, check (a)
test('the sum of what is kept is never below that of TopK or of Feature Choice with as many matches', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(2);
    const total = (kept: tf.Tensor): number => tf.sum(kept).dataSync()[0]!;
    for (const [height, width, k] of [[8, 16, 2], [30, 10, 4], [12, 12, 6]] as const) {
      const a = tf.relu(tf.tensor2d(random.normals(height * width), [height, width])) as Tensor2D;
      const matches = k * height;
      const mutual = batchTopKDense(a, matches);
      const positives = tf.sum(tf.cast(tf.greater(a, 0), 'float32')).dataSync()[0]!;
      assert.equal(tf.sum(tf.cast(tf.greater(mutual, 0), 'float32')).dataSync()[0], Math.min(matches, positives));
      const quotas = Int32Array.from({ length: width }, (_, j) => Math.floor(matches / width) + Number(j < matches % width));
      for (const other of [topKDense(a, k), columnTopKDense(a, quotas)]) assert.ok(total(mutual) >= total(other) - 1e-4, `${total(mutual)} and ${total(other)}`);
    }
  }));
});

test('a step moves threshold, densities and ranks; the threshold encodes as training chose', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = batchOf(batch());
    let weights: Weights = { ...trained(), ...buffers() };
    const result = mutualChoice.loss(weights, x, config, lossContext(sizes));
    const kept = [...result.latents.dataSync()].filter((value) => value > 0);
    assert.equal(kept.length, 3 * rows);
    weights = { ...weights, ...mutualChoice.afterStep!(weights, x, result, config, lossContext(sizes)) };
    const smallest = Math.min(...kept);
    assertClose(weights['density']!.dataSync(), tf.mean(tf.cast(tf.greater(result.latents, 0), 'float32'), 0).dataSync(), 1e-6);
    const form = mutualChoice.inference(config, weights);
    assertClose((form as { threshold: Float32Array }).threshold, new Array<number>(20).fill(smallest), 1e-6);
    // the smallest kept one itself is not above the threshold
    assert.equal([...mutualChoice.encode(weights, x.x, config).dataSync()].filter((value) => value > 0).length, 3 * rows - 1);
    assertClose(mutualChoice.decode(weights, result.latents, config, x.x).dataSync(), result.reconstruction.dataSync(), 1e-6);
    assertClose([mutualChoice.diagnose!(weights, result, config)['threshold']!], [smallest], 1e-6);
  }));
});

test('gradients are those of finite differences, the auxiliary loss of dying latents included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const others = { ...buffers(), density: tf.tensor1d(Random.from(6).normals(20).map((value) => Math.abs(value) / 10)) };
    const without = { ...config, auxCoefficient: 0 };
    checkByDifferences(mutualChoice, trained(), others, batchOf(batch()), without, lossContext(sizes), { step: 2e-4 });
    const { auxLoss } = mutualChoice.loss({ ...trained(), ...others }, batchOf(batch()), config, lossContext(sizes));
    assert.ok(auxLoss.dataSync()[0]! > 0);
  }));
});

test('k above dSae is refused by the rule', () => {
  assert.deepEqual(mutualChoice.check(config, { dIn: 6, dSae: 2, dOut: 6, sources: 1 }), ['k is 3, dSae is 2: choose k <= dSae']);
});

// sae-variants.md section 1, check (d): measured there FRR 0.91, FVU 0.086, 50 % dead with 3,000 steps at 1e-3. Here a third of the steps at 4e-3;
// FVU half as much again as measured, dead share about the reference
test('trained: FRR >= 0.86, FVU <= 0.13, about half of the latents dead, L0 with the threshold within 5 % of k', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const result = trainOnSyn({ variant: mutualChoice, fields: { k: 3, auxK: 16 }, dSae: 128, steps: 1000, lr: 4e-3, seed: 0 });
  const what = JSON.stringify(result);
  assert.ok(result.frr >= 0.86 && result.fvu <= 0.13, what);
  assert.ok(result.dead >= 0.35 && result.dead <= 0.6, what);
  assertClose([result.trainL0], [3], 1e-6);
  assert.ok(Math.abs(result.l0 - result.trainL0) <= 0.05 * result.trainL0, what);
});
