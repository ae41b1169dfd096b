import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { topKDense } from '../../../../../src/engine/ops/top-k.ts';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { featureRecovery } from '../../../../../src/engine/sae/synthetic/recovery.ts';
import { synCodes, synDecode, synDirections } from '../../../../../src/engine/sae/synthetic/syn.ts';
import type { SynCodes } from '../../../../../src/engine/sae/synthetic/syn.ts';
import { encodeWithGradient, gradientSae, gradientTopK } from '../../../../../src/engine/sae/variants/gradient.ts';
import { topk } from '../../../../../src/engine/sae/variants/topk.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences } from '../../../../support/gradients.ts';
import { trainOnSyn } from '../../../../support/syn-training.ts';
import { batchOf, initContext, lossContext, sizesOf } from '../../../../support/variants.ts';

const [dIn, dSae, rows] = [6, 20, 15];
const sizes = { dIn, dSae };
const config = { k: 3, beta: 1, auxK: 4, auxCoefficient: 0.5 };
const start = (): Weights => gradientSae.init(config, initContext(sizes));
const x = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * dIn), [rows, dIn]);
const g = (): Tensor2D => tf.tensor2d(Random.from(2).normals(rows * dIn), [rows, dIn]);

test('with beta 0, and without any gradient, it is TopK to the bit, loss and gradients too', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const dead = tf.tensor1d(Float32Array.from({ length: dSae }, (_, j) => Number(j > 12)));
    const names = ['wEnc', 'wDec', 'bEnc', 'bDec'];
    const gradients = (loss: (weights: Weights) => tf.Scalar): Float32Array[] =>
      tf.grads((...tensors: tf.Tensor[]) => loss(Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))))(names.map((name) => start()[name]!)).map((v) => v.dataSync<'float32'>());
    const context = lossContext(sizes, { dead, deadCount: 7 });
    const { auxK, auxCoefficient, k } = config;
    const plain = gradients((weights) => topk.loss(weights, batchOf(x()), topk.config.parse({ k, auxK, auxCoefficient }), context).loss);
    const beta0 = gradients((weights) => gradientSae.loss(weights, batchOf(x(), { gradient: g() }), { ...config, beta: 0 }, context).loss);
    const silent = gradients((weights) => gradientSae.loss(weights, batchOf(x(), { gradient: tf.zeros([rows, dIn]) }), config, context).loss);
    assert.deepEqual(beta0, plain);
    assert.deepEqual(silent, plain);
  }));
});

test('of two equal latents the one that the loss depends on wins for any beta; equal ones go to the lower index', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // L(x) = w.x, so g = w = (0, 1); decoder rows (1,0) and (0.6,0.8): |d.w| is 0 and 0.8
    const u = tf.tensor2d([[2, 2]]);
    const w = tf.tensor2d([[0, 1]]);
    for (const beta of [1e-3, 1, 100]) {
      assert.deepEqual([...gradientTopK(u, tf.tensor2d([[1, 0], [0.6, 0.8]]), w, 1, beta).dataSync()], [0, 2]);
      assert.deepEqual([...gradientTopK(u, tf.tensor2d([[0.6, 0.8], [0.6, -0.8]]), w, 1, beta).dataSync()], [2, 0]);
    }
  }));
});

test('the score is z + beta z |d.g|, with mean |d.g| 1 over active latents: the worked case', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // z = 3, 2, 0 and |d.g| = 0.5, 1.5, 9 (the last is not active): mean 1 over two, so scores 3 (1 + 0.5 b) and 2 (1 + 1.5 b): equal at b = 2/3
    const [u, wDec, gradient] = [tf.tensor2d([[3, 2, -1]]), tf.tensor2d([[1, 0], [3, 0], [18, 0]]), tf.tensor2d([[0.5, 0]])];
    assert.deepEqual([...gradientTopK(u, wDec, gradient, 1, 0.6).dataSync()], [3, 0, 0]);
    assert.deepEqual([...gradientTopK(u, wDec, gradient, 1, 0.7).dataSync()], [0, 2, 0]);
    assert.deepEqual([...gradientTopK(u, wDec, tf.mul(gradient, 1000) as Tensor2D, 1, 0.6).dataSync()], [3, 0, 0], 'its scale does not count');
  }));
});

test('the loss gradient is that of finite differences, and no gradient passes through the score', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { bDec, ...trained } = start();
    checkByDifferences(gradientSae, trained, { bDec: bDec! }, batchOf(x(), { gradient: g() }), config, lossContext(sizes), { tolerance: 3e-2 });
    const wDec = start()['wDec'] as Tensor2D;
    const u = tf.matMul(x(), wDec, false, true) as Tensor2D;
    const through = tf.grad((weights: tf.Tensor) => tf.add(tf.sum(gradientTopK(u, weights as Tensor2D, g(), 3, 1)), tf.sum(weights)));
    assert.ok(through(wDec).dataSync().every((value) => value === 1), 'of the sum alone');
  }));
});

test('both modes of use: with the gradient as in training, without it plain TopK, which is what is saved', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = start();
    const { latents } = gradientSae.loss(weights, batchOf(x(), { gradient: g() }), config, lossContext(sizes));
    assertClose(encodeWithGradient(weights, x(), g(), config).dataSync(), latents.dataSync(), 1e-6);
    const u = tf.add(tf.matMul(tf.sub(x(), weights['bDec']!) as Tensor2D, weights['wEnc'] as Tensor2D, false, true), weights['bEnc']!) as Tensor2D;
    assertClose(gradientSae.encode(weights, x(), config).dataSync(), topKDense(u, 3).dataSync(), 1e-6);
    assert.notDeepEqual(latents.dataSync(), topKDense(u, 3).dataSync());
    assert.deepEqual(gradientSae.inference(config, {}), { kind: 'topk', k: 3 });
    assert.throws(() => gradientSae.loss(weights, batchOf(x()), config, lossContext(sizes)), { kind: 'mismatch' });
    assert.deepEqual(gradientSae.check(config, sizesOf({ dIn, dSae: 2 })), ['k is 3, dSae is 2: choose k <= dSae']);
  }));
});

test('the gradient of a two-layer network is that of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [w1, w2] = [tf.tensor2d(Random.from(3).normals(6 * 16), [6, 16]), tf.tensor2d(Random.from(4).normals(16 * 5), [16, 5])];
    const label = tf.oneHot(tf.tensor1d([3], 'int32'), 5);
    const loss = (at: tf.Tensor): tf.Scalar => tf.neg(tf.sum(tf.mul(tf.logSoftmax(tf.matMul(tf.relu(tf.matMul(at as Tensor2D, w1)) as Tensor2D, w2)), label))) as tf.Scalar;
    const point = tf.tensor2d(Random.from(5).normals(6), [1, 6]);
    const gradient = tf.grad(loss)(point).dataSync();
    const largest = Math.max(...gradient.map(Math.abs));
    for (let i = 0; i < 6; i++) {
      const at = (by: number): number => loss(tf.tensor2d(point.dataSync().map((v, j) => (j === i ? v + by : v)), [1, 6])).dataSync()[0]!;
      assert.ok(Math.abs(gradient[i]! - (at(4e-3) - at(-4e-3)) / 8e-3) < 1e-3 * largest, `entry ${i}`);
    }
  }));
});

/** SYN where features 0 to 7 have a fifth of the magnitude. */
function faintCodes(task: Parameters<typeof synCodes>[0], rows: number, random: Random): SynCodes {
  const codes = synCodes(task, rows, random);
  return { ...codes, magnitudes: codes.magnitudes.map((value, at) => (codes.features[at]! < 8 ? 0.2 * value : value)) };
}

/** d y / d x of y = c.H for a readout that sees the active features: sum of c_j v_j over them, c 10 for features 0 to 7 and 1 for the others. */
function readoutGradients(codes: SynCodes, directions: Float32Array): Float32Array {
  return synDecode({ ...codes, magnitudes: codes.magnitudes.map((_, at) => (codes.features[at]! < 8 ? 10 : 1)) }, directions, 32);
}

// sae-variants.md section 3 d, which gives neither k, beta nor the cosine that counts as found. k 4, so that a slot is left for a faint feature (with k 3 none is
// found either way); 0.8, because values selected by gradient carry interference: after 5,000 steps all 8 are above 0.8 with beta 3, 6 with beta 0, and
// above 0.9 there are 1 and 3. Here, after 1,500: one and none, mean best cosine 0.56 and 0.48.
test('trained: with the gradient faint features that the readout depends on come out better', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const seed = 1;
  const faint = synDirections({ n0: 64, d: 32, s: 3 }, seed).subarray(0, 8 * 32);
  const [plain, selected] = [0, 3].map((beta) => {
    let recovery = { frr: 0, mmcs: 0 };
    const { fvu } = trainOnSyn({
      variant: gradientSae, fields: { k: 4, auxK: 16, beta }, dSae: 128, batch: 256, steps: 1500, seed, lr: 2e-3, codes: faintCodes, gradients: readoutGradients,
      inspect: (weights) => {
        recovery = featureRecovery(faint, weights['wDec']!.dataSync<'float32'>(), 32, 0.8);
      },
    });
    return { fvu, ...recovery };
  });
  assert.ok(selected!.frr >= plain!.frr && selected!.mmcs > plain!.mmcs + 0.03, JSON.stringify([plain, selected]));
  assert.ok(selected!.fvu >= plain!.fvu, JSON.stringify([plain, selected]));
});
