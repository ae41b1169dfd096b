import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { AnyVariant, Weights } from '../../../../../src/engine/sae/definition.ts';
import { batchTopK } from '../../../../../src/engine/sae/variants/batch-topk.ts';
import { groupSizes, matryoshka, prefixReconstructions } from '../../../../../src/engine/sae/variants/matryoshka.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences, lossGradients } from '../../../../support/gradients.ts';
import { trainOnSyn } from '../../../../support/syn-training.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = { k: 3, groups: [0.1, 0.3, 0.6], auxK: 4, auxCoefficient: 0.5, thresholdDecay: 0.9 };
const start = (): Weights => ({ ...matryoshka.init(config, initContext(sizes)), bDec: tf.tensor1d(Random.from(5).normals(6, 0.1)) });
const batch = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * 6), [rows, 6]);

test('groups are shares of the dictionary: rounded boundaries, whole latents, none lost', () => {
  assert.deepEqual(groupSizes([1 / 32, 1 / 16, 1 / 8, 1 / 4, 17 / 32], 128), [4, 8, 16, 32, 68]);
  // boundaries 3.33 and 6.67
  assert.deepEqual(groupSizes([1 / 3, 1 / 3, 1 / 3], 10), [3, 4, 3]);
  const problems = (groups: number[], dSae: number): readonly string[] => matryoshka.check({ ...config, groups }, { dIn: 6, dOut: 6, sources: 1, dSae });
  assert.deepEqual(problems([0.5, 0.5], 20), []);
  assert.match(problems([0.5, 0.4], 20)[0]!, /groups sum to 0\.9: choose shares/);
  assert.match(problems([0.01, 0.99], 20)[0]!, /groups\[0\] is 0\.01, of dSae 20 that is no latent/);
});

test('with one group it is BatchTopK: loss and gradients', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const dead = tf.tensor1d(Array.from({ length: 20 }, (_, j) => Number(j > 12)));
    const context = lossContext(sizes, { dead, deadCount: 7 });
    const one = { ...config, groups: [1] };
    const [ours, theirs] = [matryoshka, batchTopK].map((variant) => variant.loss(start(), batchOf(batch()), one, context));
    assertClose(ours!.loss.dataSync(), theirs!.loss.dataSync(), 1e-6);
    const [mine, other] = [matryoshka, batchTopK].map((variant) => lossGradients(variant, start(), {}, batchOf(batch()), one, context));
    for (const [name, gradient] of Object.entries(mine!)) assertClose(gradient.dataSync(), other![name]!.dataSync(), 1e-5, name);
  }));
});

test('each prefix reconstructs with its own latents and the bias, and their errors are summed', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { latents, loss, reconstruction } = matryoshka.loss(start(), batchOf(batch()), config, lossContext(sizes));
    const ends = [2, 8, 20];
    const alone = ends.map((end) => {
      const mask = tf.tensor1d(Array.from({ length: 20 }, (_, j) => Number(j < end)));
      return matryoshka.decode(start(), tf.mul(latents, mask), config, batch());
    });
    prefixReconstructions(start(), latents, [2, 6, 12]).forEach((prefix, g) => assertClose(prefix.dataSync(), alone[g]!.dataSync(), 1e-5));
    assertClose(reconstruction.dataSync(), alone[2]!.dataSync(), 1e-5);
    const errors = alone.map((y) => tf.sum(tf.squaredDifference(batch(), y)).dataSync()[0]!);
    assertClose(loss.dataSync(), [errors.reduce((sum, error) => sum + error, 0) / (rows * 5)], 1e-5);
  }));
});

test('the gradient of a latent comes from groups that end behind it only', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { latents } = matryoshka.loss(start(), batchOf(batch()), { ...config, k: 20 }, lossContext(sizes));
    [2, 8, 20].forEach((end, g) => {
      const error = (f: tf.Tensor): tf.Tensor => tf.sum(tf.squaredDifference(batch(), prefixReconstructions(start(), f as Tensor2D, [2, 6, 12])[g]!));
      const reached = tf.max(tf.abs(tf.grad(error)(latents)), 0).dataSync();
      assert.deepEqual([...reached].map((value) => value > 0), Array.from({ length: 20 }, (_, j) => j < end));
    });
  }));
});

test('gradients are those of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => checkByDifferences(matryoshka, start(), {}, batchOf(batch()), config, lossContext(sizes), { step: 2e-4 })));
});

test('trained: the error falls from prefix to prefix, and L0 with the threshold is within 5 % of k', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const fields = { k: 3, auxK: 16 };
  let fvu: number[] = [];
  const groups = groupSizes(matryoshka.config.parse(fields).groups, 128);
  const measuring: AnyVariant = { ...matryoshka as AnyVariant, loss: (weights, batch, own, context) => {
    const result = matryoshka.loss(weights, batch, own as never, context);
    fvu = prefixReconstructions(weights, result.latents, groups).map((prefix) => tf.sum(tf.squaredDifference(batch.x, prefix)).dataSync()[0]!);
    return result;
  } };
  const result = trainOnSyn({ variant: measuring, fields, dSae: 128, batch: 256, steps: 800, seed: 1 });
  assert.ok(Math.abs(result.l0 / 3 - 1) < 0.05 && result.fvu < 0.4, JSON.stringify(result));
  // of the last batch
  assert.ok(fvu.every((value, g) => g === 0 || value < fvu[g - 1]!), String(fvu));
});
