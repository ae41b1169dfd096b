import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { AnyVariant, Weights } from '../../../../../src/engine/sae/definition.ts';
import { reluApril } from '../../../../../src/engine/sae/variants/relu-april.ts';
import { relu } from '../../../../../src/engine/sae/variants/relu.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences } from '../../../../support/gradients.ts';
import { trainShrinkage } from '../../../../support/shrinkage.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 20 };
const config = { l1Coefficient: 2, sparsityWarmup: 0, decoderNorm: 0.1 };

test('rows start at norm 0.1, the encoder is the decoder, the biases are 0 whatever the centre', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { wEnc, wDec, bEnc, bDec } = reluApril.init(config, initContext(sizes, { centre: new Float32Array(6).fill(3) }));
    assertClose(tf.norm(wDec!, 2, 1).dataSync(), Array(20).fill(0.1), 1e-6);
    assert.deepEqual(wEnc!.dataSync(), wDec!.dataSync());
    assert.ok([...bEnc!.dataSync(), ...bDec!.dataSync()].every((value) => value === 0));
  }));
});

test('the loss of a case worked by hand: latents are weighted by decoder norms, and nothing is taken from x', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // u = 2 * 2 + 1 = 5, y = 3 * 5 + 1 = 16, error 14^2; L1 5 * 3
    const weights = { wEnc: tf.tensor2d([[2]]), wDec: tf.tensor2d([[3]]), bEnc: tf.tensor1d([1]), bDec: tf.tensor1d([1]) };
    const { loss } = reluApril.loss(weights, batchOf(tf.tensor2d([[2]])), config, lossContext({ dIn: 1, dSae: 1 }));
    assertClose(loss.dataSync(), [196 + 2 * 15], 1e-6);
  }));
});

// sae-standard.md section 1: the penalty cannot be cheated by small latents with large decoder rows
test('an encoder row times c and its decoder row over c: the loss is the same, that of the unweighted variant is not', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(Random.from(1).normals(90), [15, 6]);
    const random = Random.from(4);
    const start = { ...reluApril.init(config, initContext(sizes)), bEnc: tf.tensor1d(random.normals(20)) } as Weights;
    const c = tf.tensor1d(Float32Array.from({ length: 20 }, () => 0.5 + 2 * random.uniform()));
    const column = tf.reshape(c, [20, 1]);
    const scaled = { ...start, wEnc: tf.mul(start['wEnc']!, column), bEnc: tf.mul(start['bEnc']!, c), wDec: tf.div(start['wDec']!, column) };
    const loss = (variant: AnyVariant, weights: Weights): number => variant.loss(weights, batchOf(x), { ...config, resamples: 0 }, lossContext(sizes)).loss.dataSync()[0]!;
    assertClose([loss(reluApril, scaled)], [loss(reluApril, start)], 1e-5);
    assert.ok(Math.abs(loss(relu, scaled) - loss(relu, start)) > 0.1);
  }));
});

test('gradients are those of finite differences, and 0 rather than NaN at a decoder row of zeros', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(Random.from(1).normals(90), [15, 6]);
    const weights = reluApril.init(config, initContext(sizes));
    checkByDifferences(reluApril, weights, {}, batchOf(x), config, lossContext(sizes));
    const flat = { ...weights, wDec: tf.zerosLike(weights['wDec']!) };
    const gradient = tf.grad((wDec) => reluApril.loss({ ...flat, wDec }, batchOf(x), config, lossContext(sizes)).loss)(flat.wDec);
    assert.ok(gradient.dataSync().every(Number.isFinite));
  }));
});

test('an activation a shrinks to a - lambda / 2', async (t) => {
  await eachBackend(t, () => {
    assertClose([trainShrinkage(reluApril, { ...config, l1Coefficient: 1.2 }, 3)], [3 - 0.6], 1e-2);
  });
});
