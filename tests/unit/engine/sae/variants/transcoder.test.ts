import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { skipTranscoder } from '../../../../../src/engine/sae/variants/skip-transcoder.ts';
import { transcoder } from '../../../../../src/engine/sae/variants/transcoder.ts';
import { DenseTrainer } from '../../../../../src/engine/train/dense-trainer.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf, trainerSettings } from '../../../../support/variants.ts';

const sizes = { dIn: 5, dOut: 3, dSae: 16, sources: 1 };
const rows = 24;
const random = Random.from(1);
const [inputs, outputs] = [random.normals(rows * 5), random.normals(rows * 3)];
const defaults = transcoder.config.parse({ k: 4, auxK: 2 });
const targetCentre = Float32Array.of(1, 2, 3);

function pair(): { x: Tensor2D; y: Tensor2D } {
  return { x: tf.tensor2d(inputs, [rows, 5]), y: tf.tensor2d(outputs, [rows, 3]) };
}

/** Weights at their start, moved a little, so that no gradient vanishes. */
function moved(variant: typeof transcoder): Weights {
  const weights = variant.init(defaults, initContext(sizes, { targetCentre }));
  const noise = Random.from(7);
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, tf.add(tensor, tf.tensor(noise.normals(tensor.size, 0.2), tensor.shape))]));
}

test('before training the prediction is the mean of the targets, whatever the input', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const variant of [transcoder, skipTranscoder]) {
      const { x } = pair();
      const weights = variant.init(defaults, initContext(sizes, { targetCentre }));
      assert.deepEqual(weights['wDec']!.shape, [16, 3]);
      const predicted = variant.decode(weights, variant.encode(weights, x, defaults), defaults, x).dataSync();
      assertClose(predicted, Float32Array.from({ length: rows * 3 }, (_, i) => targetCentre[i % 3]!), 1e-6);
    }
  }));
});

test('bDec is not taken from the input, and the skip connection sees the input as it is', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { x } = pair();
    const weights = moved(skipTranscoder);
    const shifted = { ...weights, bDec: tf.add(weights['bDec']!, 10) };
    assertClose(skipTranscoder.encode(shifted, x, defaults).dataSync(), skipTranscoder.encode(weights, x, defaults).dataSync(), 1e-6);
    const none = tf.zeros([rows, 16]) as Tensor2D;
    const skipped = tf.sub(skipTranscoder.decode(weights, none, defaults, x), weights['bDec']!);
    assertClose(skipped.dataSync(), tf.matMul(x, weights['wSkip'] as Tensor2D, false, true).dataSync(), 1e-5);
    const { wSkip: _, ...plain } = weights;
    assertClose(transcoder.decode(plain, none, defaults, x).dataSync(), tf.tile(tf.expandDims(weights['bDec']!, 0), [rows, 1]).dataSync(), 1e-5);
  }));
});

test('the loss is measured against y: topk as a share of its variance, relu with the norm-weighted L1', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { x, y } = pair();
    const weights = moved(transcoder);
    const top = transcoder.loss(weights, batchOf(x, { y }), defaults, lossContext(sizes));
    const error = tf.sum(tf.squaredDifference(y, top.reconstruction)).dataSync()[0]! / rows;
    assertClose(top.loss.dataSync(), [error / 5], 1e-5);
    const relu = transcoder.config.parse({ activation: 'relu', l1Coefficient: 2, sparsityWarmup: 0 });
    const l1 = transcoder.loss(weights, batchOf(x, { y }), relu, lossContext(sizes));
    const norms = tf.norm(weights['wDec']!, 2, 1);
    const penalty = tf.sum(tf.mul(l1.latents, norms)).dataSync()[0]! / rows;
    const squares = tf.sum(tf.squaredDifference(y, l1.reconstruction)).dataSync()[0]! / rows;
    assertClose(l1.loss.dataSync(), [squares + 2 * penalty], 1e-5);
    // The penalty does not change when a latent is scaled up and its row down.
    const scaled = { ...weights, wEnc: tf.mul(weights['wEnc']!, 3), bEnc: tf.mul(weights['bEnc']!, 3), wDec: tf.div(weights['wDec']!, 3) };
    assertClose(transcoder.loss(scaled, batchOf(x, { y }), relu, lossContext(sizes)).loss.dataSync(), l1.loss.dataSync(), 1e-5);
  }));
});

test('the gradient of every weight is that of finite differences, for every activation', async (t) => {
  await loadBackend();
  for (const activation of ['topk', 'batch-topk', 'relu', 'identity']) {
    await t.test(activation, () => tf.tidy(() => {
      const own = transcoder.config.parse({ activation, k: 4, auxK: 2, l1Coefficient: 0.3, sparsityWarmup: 0 });
      const { x, y } = pair();
      const weights = moved(skipTranscoder);
      const names = Object.keys(weights);
      const f = (...tensors: tf.Tensor[]): tf.Tensor => skipTranscoder.loss(Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), batchOf(x, { y }), own, lossContext(sizes)).loss;
      const gradients = tf.grads(f)(names.map((name) => weights[name]!));
      for (const [i, name] of names.entries()) {
        const direction = tf.div(gradients[i]!, tf.norm(gradients[i]!));
        const h = 1e-3;
        const at = (sign: number): number => f(...names.map((other) => (other === name ? tf.add(weights[other]!, tf.mul(direction, sign * h)) : weights[other]!))).dataSync()[0]!;
        const length = tf.norm(gradients[i]!).dataSync()[0]!;
        const slope = (at(1) - at(-1)) / (2 * h);
        assert.ok(Math.abs(slope - length) <= 0.02 * length + 2e-3, `${name}: slope ${slope}, gradient ${length}`);
      }
    }));
  }
});

/** Targets that are a linear map of the inputs, and the map. */
function linearTask(count: number): { x: Float32Array; y: Float32Array } {
  const [values, map] = [Random.from(3).normals(count * 5), Random.from(4).normals(15)];
  const y = new Float32Array(count * 3);
  for (let row = 0; row < count; row++) for (let o = 0; o < 3; o++) for (let i = 0; i < 5; i++) y[row * 3 + o]! += map[o * 5 + i]! * values[row * 5 + i]!;
  return { x: values, y };
}

test('with the identity as activation and dSae >= d the least-squares map is found', async () => {
  await loadBackend();
  const own = transcoder.config.parse({ activation: 'identity' });
  const { x, y } = linearTask(256);
  const context = initContext(sizes);
  const [weights, tensors] = [tf.tidy(() => transcoder.init(own, context) as tf.NamedTensorMap), { x: tf.tensor2d(x, [256, 5]), y: tf.tensor2d(y, [256, 3]) }];
  const trainer = new DenseTrainer(transcoder, own, weights, {}, trainerSettings(sizes, { variance: 3, steps: 400 }));
  let fvu = 1;
  for (let step = 0; step < 400; step++) fvu = trainer.step(batchOf(tensors.x, { y: tensors.y }), step < 300 ? 0.01 : 0.001, step).fvu;
  // y is exactly linear in x: the least-squares map leaves nothing.
  assert.ok(fvu < 1e-4, `fvu ${fvu}`);
  trainer.dispose();
  tf.dispose([weights, tensors.x, tensors.y]);
});

test('what is linear goes through the skip connection: with no latent to use, the skip transcoder still finds the map', async () => {
  await loadBackend();
  const own = skipTranscoder.config.parse({ activation: 'relu', l1Coefficient: 100, sparsityWarmup: 0 });
  const { x, y } = linearTask(256);
  const [weights, tensors] = [tf.tidy(() => skipTranscoder.init(own, initContext(sizes)) as tf.NamedTensorMap), { x: tf.tensor2d(x, [256, 5]), y: tf.tensor2d(y, [256, 3]) }];
  const trainer = new DenseTrainer(skipTranscoder, own, weights, {}, trainerSettings(sizes, { variance: 3, steps: 500 }));
  let fvu = 1;
  for (let step = 0; step < 500; step++) fvu = trainer.step(batchOf(tensors.x, { y: tensors.y }), step < 350 ? 0.02 : 0.002, step).fvu;
  assert.ok(fvu < 1e-2, `fvu ${fvu}`);
  trainer.dispose();
  tf.dispose([weights, tensors.x, tensors.y]);
});

test('saved forms, and k above dSae is refused where k is used', () => {
  const form = (activation: string): string => transcoder.inference(transcoder.config.parse({ activation }), { wEnc: tf.zeros([16, 5]), threshold: tf.tensor1d([2]) }).kind;
  assert.deepEqual(['topk', 'batch-topk', 'relu', 'identity'].map(form), ['topk', 'jumprelu', 'relu', 'own']);
  assert.equal(transcoder.check(transcoder.config.parse({ k: 17 }), sizesOf(sizes)).length, 1);
  assert.equal(transcoder.check(transcoder.config.parse({ k: 17, activation: 'relu' }), sizesOf(sizes)).length, 0);
});
