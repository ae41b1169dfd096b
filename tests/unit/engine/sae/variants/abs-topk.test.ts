import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { AnyVariant, Weights } from '../../../../../src/engine/sae/definition.ts';
import { preActivations, totalVariance } from '../../../../../src/engine/sae/parts.ts';
import { absTopK } from '../../../../../src/engine/sae/variants/abs-topk.ts';
import { topk } from '../../../../../src/engine/sae/variants/topk.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences, lossGradients } from '../../../../support/gradients.ts';
import { trainOnSyn } from '../../../../support/syn-training.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = absTopK.config.parse({ k: 3, auxK: 4 });
const start = (): Weights => ({ ...absTopK.init(config, initContext(sizes)), bEnc: tf.tensor1d(Random.from(5).normals(20, 0.1)) });
/** Few rows: far from the places where the choice changes. */
const few = (): Tensor2D => tf.tensor2d(Random.from(1).normals(4 * 6), [4, 6]);
const batch = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * 6), [rows, 6]);

test('k latents a token are kept with their signs, and -x about the bias has the opposite code', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = { ...start(), bEnc: tf.zeros([20]) };
    const latents = absTopK.encode(weights, batch(), config);
    assert.deepEqual([...tf.sum(tf.cast(tf.notEqual(latents, 0), 'int32'), 1).dataSync()], new Array<number>(rows).fill(3));
    assert.ok([...latents.dataSync()].some((value) => value < 0));
    assertClose(absTopK.encode(weights, tf.neg(batch()), config).dataSync(), tf.neg(latents).dataSync(), 1e-6);
    const result = absTopK.loss(weights, batchOf(batch()), config, lossContext(sizes));
    assertClose(result.latents.dataSync(), latents.dataSync(), 1e-6);
    assertClose(result.loss.dataSync(), [tf.sum(tf.squaredDifference(batch(), result.reconstruction)).dataSync()[0]! / (rows * 5)], 1e-5);
    assertClose(absTopK.decode(weights, latents, config, batch()).dataSync(), result.reconstruction.dataSync(), 1e-6);
  }));
});

test('the penalty topk is TopK: latents, loss and gradients, the auxiliary loss included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const dead = tf.tensor1d(Array.from({ length: 20 }, (_, j) => Number(j >= 12)));
    const context = lossContext(sizes, { dead, deadCount: 8 });
    const own = { ...config, penalty: 'topk' as const };
    const [ours, theirs] = [absTopK.loss(start(), batchOf(batch()), own, context), topk.loss(start(), batchOf(batch()), config, context)];
    assertClose(ours.latents.dataSync(), theirs.latents.dataSync(), 0);
    assertClose(ours.loss.dataSync(), theirs.loss.dataSync(), 1e-6);
    const [mine, other] = [lossGradients(absTopK, start(), {}, batchOf(batch()), own, context), lossGradients(topk, start(), {}, batchOf(batch()), config, context)];
    for (const [name, gradient] of Object.entries(mine)) assertClose(gradient.dataSync(), other[name]!.dataSync(), 1e-5, name);
  }));
});

test('the auxiliary loss takes dead latents by magnitude', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // one latent is dead and its pre-activation negative: TopK could not use it
    const weights: Weights = { ...start(), bEnc: tf.concat([tf.zeros([19]), tf.fill([1], -9)]) };
    const dead = tf.tensor1d(Array.from({ length: 20 }, (_, j) => Number(j === 19)));
    const { auxLoss, reconstruction } = absTopK.loss(weights, batchOf(batch()), config, lossContext(sizes, { dead, deadCount: 1 }));
    const u = tf.slice(preActivations(weights, batch()), [0, 19], [rows, 1]);
    assert.ok(u.dataSync().every((value) => value < 0));
    const error = tf.sub(batch(), reconstruction);
    const expected = tf.div(tf.sum(tf.square(tf.sub(error, tf.matMul(u, tf.slice(weights['wDec'] as Tensor2D, [19, 0], [1, 6]))))), totalVariance(error));
    assertClose(auxLoss.dataSync(), expected.dataSync(), 1e-5);
  }));
});

test('the penalty of l1 stands beside half the squared error', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { loss, latents, reconstruction } = absTopK.loss(start(), batchOf(batch()), { ...config, penalty: 'l1', lambda: 0.1 }, lossContext(sizes));
    const total = (x: tf.Tensor): number => tf.sum(x).dataSync()[0]! / rows;
    assertClose(loss.dataSync(), [2 * (total(tf.squaredDifference(batch(), reconstruction)) / 2 + 0.1 * total(latents)) / 5], 1e-5);
  }));
});

test('gradients are those of finite differences, with every penalty and with further steps', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const penalty of ['abs-topk', 'topk', 'l1'] as const) {
      checkByDifferences(absTopK, start(), {}, batchOf(few()), { ...config, penalty, lambda: 0.1 }, lossContext(sizes), { step: 2e-4 });
    }
    // the count of l0 is constant but at jumps, where differences are not taken
    checkByDifferences(absTopK, start(), {}, batchOf(few()), { ...config, penalty: 'l0', lambda: 0.1 }, lossContext(sizes), { step: 1e-4, tolerance: 3e-2 });
    // the step size is a constant, so only wEnc and the biases' differences are comparable
    const { wDec, ...others } = start();
    checkByDifferences(absTopK, others, { wDec: wDec! }, batchOf(few()), { ...config, extraSteps: 2 }, lossContext(sizes), { step: 2e-4 });
  }));
});

test('further steps lower the error of a code of k latents', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const error = (extraSteps: number): number => absTopK.loss(start(), batchOf(batch()), { ...config, extraSteps }, lossContext(sizes)).loss.dataSync()[0]!;
    assert.ok(error(5) < 0.95 * error(0) && error(20) <= error(5), `${error(0)}, ${error(5)}, ${error(20)}`);
    const latents = absTopK.encode(start(), batch(), { ...config, extraSteps: 5 });
    assert.ok(tf.sum(tf.cast(tf.notEqual(latents, 0), 'int32'), 1).dataSync().every((count) => count <= 3));
  }));
});

test('each setting is saved in a form that computes it', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assert.deepEqual(absTopK.inference(config, start()), { kind: 'abs-topk', k: 3 });
    assert.deepEqual(absTopK.inference({ ...config, penalty: 'topk' }, start()), { kind: 'topk', k: 3 });
    assert.deepEqual(absTopK.inference({ ...config, penalty: 'l0', lambda: 2 }, start()), { kind: 'jumprelu', threshold: new Float32Array(20).fill(2) });
    assert.deepEqual(absTopK.inference({ ...config, penalty: 'l1' }, start()), { kind: 'own' });
    assert.deepEqual(absTopK.inference({ ...config, extraSteps: 1 }, start()), { kind: 'own' });
    assert.equal(absTopK.check(config, { dIn: 6, dSae: 2, dOut: 6, sources: 1 }).length, 1);
  }));
});

test('a latent that fires with both signs in a batch is two-sided', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const latents = tf.tensor2d([1, 0, -1, 2, -2, 0, -1, 3], [2, 4]);
    const result = { ...absTopK.loss(start(), batchOf(batch()), config, lossContext(sizes)), latents };
    // the first of three that fired; the second never did
    assertClose([absTopK.diagnose!(start(), result, config)['twoSided']!], [1 / 3], 1e-6);
  }));
});

// sae-variants.md section 4, check (d): measured there AbsTopK 0.72 and 0.13, TopK 0.41 and 0.32, with 3,000 steps at 1e-3; here a third of the
// steps at 4e-3
test('trained on signed data: half the latents suffice', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const common = { fields: { k: 3, auxK: 16 }, dSae: 64, steps: 1000, lr: 4e-3, seed: 0, task: { signed: true } };
  const [ours, theirs] = [trainOnSyn({ ...common, variant: absTopK }), trainOnSyn({ ...common, variant: { ...topk, signed: true } as AnyVariant })];
  const what = JSON.stringify({ ours, theirs });
  assert.ok(ours.fvu < 0.6 * theirs.fvu, what);
  assert.ok(ours.frr - theirs.frr >= 0.15, what);
});
