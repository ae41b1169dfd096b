import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { compareSources } from '../../../../../src/engine/sae/source-norms.ts';
import { synDirections, synSamples } from '../../../../../src/engine/sae/synthetic/syn.ts';
import { crosscoder } from '../../../../../src/engine/sae/variants/crosscoder.ts';
import { DenseTrainer } from '../../../../../src/engine/train/dense-trainer.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf, trainerSettings } from '../../../../support/variants.ts';

before(async () => {
  await loadBackend();
});

const sizes = sizesOf({ dIn: 8, dSae: 12, sources: 2 });
const values = Random.from(1).normals(20 * 8);
const relu = crosscoder.config.parse({ l1Coefficient: 0.5, sparsityWarmup: 0 });
const chosen = crosscoder.config.parse({ activation: 'batch-topk', k: 3, auxK: 2 });

function moved(): Weights {
  const noise = Random.from(7);
  return Object.fromEntries(Object.entries(crosscoder.init(relu, initContext(sizes))).map(([name, tensor]) => [name, tf.add(tensor, tf.tensor(noise.normals(tensor.size, 0.2), tensor.shape))]));
}

test('each part of a decoder row starts at the same norm, and the encoder equals the decoder', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = crosscoder.init(crosscoder.config.parse({ decoderNorm: 0.08 }), initContext(sizes));
    const norms = tf.norm(tf.reshape(weights['wDec']!, [24, 4]), 2, 1).dataSync();
    assertClose(norms, new Float32Array(24).fill(0.08), 1e-6);
    assert.deepEqual(weights['wEnc']!.dataSync(), weights['wDec']!.dataSync());
  }));
});

test('relu: the squared errors of all sources and the sum, not the root, of the norms of a row', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(values, [20, 8]);
    const weights = moved();
    const { loss, latents, reconstruction } = crosscoder.loss(weights, batchOf(x), relu, lossContext(sizes));
    const norms = tf.sum(tf.reshape(tf.norm(tf.reshape(weights['wDec']!, [24, 4]), 2, 1), [12, 2]), 1);
    const expected = tf.add(tf.sum(tf.squaredDifference(x, reconstruction)), tf.mul(tf.sum(tf.mul(latents, norms)), 0.5)).dataSync()[0]! / 20;
    assertClose(loss.dataSync(), [expected], 1e-5);
    // A latent that is scaled up while its rows are scaled down costs the same.
    const scaled = { ...weights, wEnc: tf.mul(weights['wEnc']!, 2), bEnc: tf.mul(weights['bEnc']!, 2), wDec: tf.div(weights['wDec']!, 2) };
    assertClose(crosscoder.loss(scaled, batchOf(x), relu, lossContext(sizes)).loss.dataSync(), [expected], 1e-5);
  }));
});

test('batch-topk: k latents a row in the mean, chosen by norm-weighted value, and the threshold chooses as the batch does', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(values, [20, 8]);
    const weights = { ...moved(), ...crosscoder.buffers!(chosen, initContext(sizes)) };
    const result = crosscoder.loss(weights, batchOf(x), chosen, lossContext(sizes));
    const kept = result.latents.dataSync().filter((value) => value > 0);
    assert.equal(kept.length, 60);
    const after = crosscoder.afterStep!(weights, batchOf(x), result, chosen, lossContext(sizes));
    // The smallest kept value stands at the threshold itself, which is strict.
    const encoded = crosscoder.encode({ ...weights, threshold: tf.sub(after['threshold']!, 1e-5) }, x, chosen);
    assertClose(encoded.dataSync(), result.latents.dataSync(), 1e-5);
    const scaled = { ...weights, wEnc: tf.mul(weights['wEnc']!, 2), bEnc: tf.mul(weights['bEnc']!, 2), wDec: tf.div(weights['wDec']!, 2) };
    assertClose(crosscoder.loss(scaled, batchOf(x), chosen, lossContext(sizes)).reconstruction.dataSync(), result.reconstruction.dataSync(), 1e-5);
  }));
});

for (const own of [relu, chosen]) {
  test(`${own.activation}: the gradient of every weight is that of finite differences`, () => tf.tidy(() => {
    const x = tf.tensor2d(values, [20, 8]);
    const weights = moved();
    const names = Object.keys(weights);
    const f = (...tensors: tf.Tensor[]): tf.Tensor => crosscoder.loss(Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), batchOf(x), own, lossContext(sizes)).loss;
    const gradients = tf.grads(f)(names.map((name) => weights[name]!));
    for (const [i, name] of names.entries()) {
      const length = tf.norm(gradients[i]!).dataSync()[0]!;
      const h = 1e-3;
      const at = (sign: number): number => f(...names.map((other) => (other === name ? tf.add(weights[other]!, tf.mul(gradients[i]!, (sign * h) / length)) : weights[other]!))).dataSync()[0]!;
      const slope = (at(1) - at(-1)) / (2 * h);
      assert.ok(Math.abs(slope - length) <= 0.02 * length + 2e-3, `${name}: slope ${slope}, gradient ${length}`);
    }
  }));
}

/** Trains on batches of SYN with 16 features in 8 dimensions, the second source made of the first; gives relative norms of latents that are used. */
function relativeNorms(activation: string, steps: number, second: (x: Float32Array) => Float32Array): number[] {
  const task = { n0: 16, d: 8, s: 2 };
  const own = crosscoder.config.parse({ activation, k: 2, auxK: 4, l1Coefficient: 0.3 });
  const wide = sizesOf({ dIn: 16, dSae: 32, sources: 2 });
  const context = initContext(wide);
  const start = tf.tidy(() => ({ weights: crosscoder.init(own, context) as tf.NamedTensorMap, buffers: crosscoder.buffers!(own, context) as tf.NamedTensorMap }));
  const trainer = new DenseTrainer(crosscoder, own, start.weights, start.buffers, trainerSettings(wide, { variance: 4, steps }));
  const directions = synDirections(task, 5);
  for (let step = 0; step < steps; step++) {
    const a = synSamples(task, directions, 64, Random.from(step, 'crosscoder'));
    const b = second(a);
    const both = Float32Array.from({ length: 64 * 16 }, (_, i) => (i % 16 < 8 ? a : b)[Math.floor(i / 16) * 8 + (i % 8)]!);
    const x = tf.tensor2d(both, [64, 16]) as Tensor2D;
    trainer.step(batchOf(x), step < 0.7 * steps ? 5e-3 : 5e-4, step);
    x.dispose();
  }
  const weights = trainer.weights();
  const wDec = weights['wDec']!.dataSync<'float32'>();
  // Fired within the last five batches: what fires once in a hundred has not ended its way yet.
  const alive = trainer.sinceFired().map((since) => Number(since < 64 * 5));
  const { relative } = compareSources(wDec, 32, 2);
  trainer.dispose();
  tf.dispose([start.weights, start.buffers, ...Object.values(weights)]);
  return [...relative].filter((_, j) => alive[j] === 1);
}

for (const activation of ['relu', 'batch-topk']) {
  test(`${activation}: sources that are the same get equal norms, within 0.02`, () => {
    const relative = relativeNorms(activation, activation === 'relu' ? 800 : 500, (x) => x);
    assert.ok(relative.length >= 8 && relative.every((value) => Math.abs(value - 0.5) <= 0.02), String(relative));
  });

  test(`${activation}: a source that is zero gets decoder norms near 0`, () => {
    const relative = relativeNorms(activation, 450, (x) => new Float32Array(x.length));
    assert.ok(relative.length >= 8 && relative.every((value) => value <= 0.05), String(relative));
  });
}
