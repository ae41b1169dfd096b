import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { preActivations } from '../../../../../src/engine/sae/parts.ts';
import { aboveThreshold } from '../../../../../src/engine/sae/running-threshold.ts';
import { gated } from '../../../../../src/engine/sae/variants/gated.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences, lossGradients } from '../../../../support/gradients.ts';
import { trainShrinkage } from '../../../../support/shrinkage.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = { l1Coefficient: 2, sparsityWarmup: 0 };
const batch = (count = rows): Tensor2D => tf.tensor2d(Random.from(1).normals(count * 6), [count, 6]);

/** Weights as after some training: every bias and scale is its own. */
function trained(): Weights {
  const random = Random.from(6);
  const vector = (scale: number): Tensor => tf.tensor1d(random.normals(20, scale));
  return { ...gated.init(config, initContext(sizes)), bGate: vector(0.5), bMag: vector(0.5), rMag: vector(0.3), bDec: tf.tensor1d(random.normals(6, 0.1)) };
}

test('the loss of a case worked by hand: reconstruction, L1 of the gate path, reconstruction from it', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // (x - bDec) wEnc = 4; gate 4 + 1 = 5; magnitude 4 * 0.5 - 1 = 1; y = 2 * 1 + 1 = 3; from the gate path 2 * 5 + 1 = 11; x = 3
    const weights = {
      wEnc: tf.tensor2d([[2]]), wDec: tf.tensor2d([[2]]), bDec: tf.tensor1d([1]),
      bGate: tf.tensor1d([1]), bMag: tf.tensor1d([-1]), rMag: tf.tensor1d([Math.log(0.5)]),
    };
    const { loss, auxLoss, latents } = gated.loss(weights, batchOf(tf.tensor2d([[3]])), config, lossContext({ dIn: 1, dSae: 1 }));
    assertClose([...latents.dataSync(), ...auxLoss.dataSync(), ...loss.dataSync()], [1, 64, 0 + 2 * 5 + 64], 1e-5);
    // a closed gate lets nothing through, whatever the magnitude
    const closed = { ...weights, bGate: tf.tensor1d([-4.5]), bMag: tf.tensor1d([9]) };
    assert.deepEqual([...gated.encode(closed, tf.tensor2d([[3]]), config).dataSync()], [0]);
  }));
});

test('with rMag 0 and equal biases it is ReLU', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = trained();
    const relu = { ...weights, rMag: tf.zeros([20]), bMag: weights['bGate']!, bEnc: weights['bGate']! };
    assertClose(gated.encode(relu, batch(), config).dataSync(), tf.relu(preActivations(relu, batch())).dataSync(), 1e-6);
  }));
});

// the same function with encoder exp(rMag) wEnc and bias bMag: pi > 0 says that the magnitude is above bMag - exp(rMag) bGate
test('the equivalent threshold form gives equal latents on 10,000 inputs', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = trained();
    const scale = tf.exp(weights['rMag']!);
    const jump = { wEnc: tf.mul(weights['wEnc']!, tf.reshape(scale, [20, 1])), bEnc: weights['bMag']!, bDec: weights['bDec']! };
    const threshold = tf.maximum(tf.sub(weights['bMag']!, tf.mul(scale, weights['bGate']!)), 0);
    const x = batch(10_000);
    const [gate, other] = [gated.encode(weights, x, config), aboveThreshold(preActivations(jump, x), threshold)].map((f) => f.dataSync());
    // entries within rounding of the gate's edge may fall on either side
    const edge = tf.less(tf.abs(preActivations({ ...weights, bEnc: weights['bGate']! }, x)), 1e-5).dataSync();
    let checked = 0;
    for (let i = 0; i < gate!.length; i++) {
      if (edge[i] === 1) continue;
      assert.ok(Math.abs(gate![i]! - other![i]!) <= 1e-5 * Math.max(1, gate![i]!), `${gate![i]} and ${other![i]}`);
      checked++;
    }
    assert.ok(checked > 199_900 && gate!.some((value) => value > 0) && gate!.some((value) => value === 0));
  }));
});

test('gradients are those of finite differences, with the decoder of the gate path held fixed', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { wDec, bDec, ...encoder } = trained();
    checkByDifferences(gated, encoder, { wDec: wDec!, bDec: bDec! }, batchOf(batch()), config, lossContext(sizes), { step: 3e-4 });
    // the decoder learns from the first term alone: its gradient is that of |x - f wDec - bDec|^2
    const ours = lossGradients(gated, { wDec: wDec! }, { ...encoder, bDec: bDec! }, batchOf(batch()), config, lossContext(sizes))['wDec']!;
    const latents = gated.encode(trained(), batch(), config);
    const plain = tf.grad((w) => tf.div(tf.sum(tf.squaredDifference(batch(), tf.add(tf.matMul(latents, w as Tensor2D), bDec!))), rows))(wDec!);
    assertClose(ours.dataSync(), plain.dataSync(), 1e-4);
  }));
});

// what an L1 penalty costs ReLU (its test: a - lambda / 2) costs the gate path, not the magnitude
test('the magnitude of an activation does not shrink', async (t) => {
  await eachBackend(t, () => {
    const more = tf.tidy(() => ({ bGate: tf.zeros([1]), bMag: tf.zeros([1]), rMag: tf.zeros([1]) }));
    assertClose([trainShrinkage(gated, { ...config, l1Coefficient: 1.2 }, 3, more)], [3], 1e-2);
    tf.dispose(Object.values(more));
  });
});

test('it is saved in the gated form', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = trained();
    const [bGate, bMag, rMag] = ['bGate', 'bMag', 'rMag'].map((name) => weights[name]!.dataSync());
    assert.deepEqual(gated.inference(config, weights), { kind: 'gated', bGate, bMag, rMag });
  }));
});
