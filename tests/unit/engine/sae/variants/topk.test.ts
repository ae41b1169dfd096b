import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { topk } from '../../../../../src/engine/sae/variants/topk.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf } from '../../../../support/variants.ts';

const [dIn, dSae, rows] = [6, 20, 15];
const sizes = { dIn, dSae };
const config = { k: 3, auxK: 4, auxCoefficient: 0.5 };
const random = Random.from(1);
const start = (): Weights => topk.init(config, initContext(sizes));
const batch = random.normals(rows * dIn);

test('at most k latents are active, and the loss is the error over the variance', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(batch, [rows, dIn]);
    const weights = start();
    const { loss, auxLoss, latents, reconstruction } = topk.loss(weights, batchOf(x), config, lossContext(sizes));
    const counts = tf.sum(tf.cast(tf.greater(latents, 0), 'int32'), 1).dataSync();
    assert.ok([...counts].every((count) => count <= 3) && [...counts].includes(3), String(counts));
    assertClose(loss.dataSync(), [tf.sum(tf.squaredDifference(x, reconstruction)).dataSync()[0]! / (rows * 5)], 1e-5);
    assert.equal(auxLoss.dataSync()[0], 0);
    assertClose(topk.decode(weights, topk.encode(weights, x, config), config, x).dataSync(), reconstruction.dataSync(), 1e-6);
  }));
});

test('the auxiliary gradient reaches dead rows alone', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(batch, [rows, dIn]);
    const weights = start();
    const dead = Float32Array.from({ length: dSae }, (_, j) => (j >= 12 ? 1 : 0));
    const names = ['wEnc', 'wDec', 'bEnc'] as const;
    const gradients = (mask: Float32Array | null): tf.Tensor[] => tf.grads((...tensors: tf.Tensor[]) => {
      const now = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) };
      return topk.loss(now, batchOf(x), config, lossContext(sizes, { dead: mask === null ? null : tf.tensor1d(mask), deadCount: 8 })).loss;
    })(names.map((name) => weights[name]!));
    const [plain, withAux] = [gradients(null), gradients(dead)];
    const change = tf.sum(tf.abs(tf.sub(withAux[1]!, plain[1]!)), 1).dataSync();
    for (let j = 0; j < dSae; j++) assert.equal(change[j]! > 0, j >= 12 && change[j]! > 0, `latent ${j}`);
    assert.ok([...change.subarray(12)].some((value) => value > 0));
    assertClose(tf.slice(withAux[0]!, [0, 0], [12, dIn]).dataSync(), tf.slice(plain[0]!, [0, 0], [12, dIn]).dataSync(), 1e-6);
  }));
});

test('k above dSae is refused by the rule, and the saved form is TopK', () => {
  assert.deepEqual(topk.check(config, sizesOf({ dIn, dSae: 2 })), ['k is 3, dSae is 2: choose k <= dSae']);
  assert.deepEqual(topk.check(config, sizesOf(sizes)), []);
  assert.deepEqual(topk.inference(config, {}), { kind: 'topk', k: 3 });
});

test('the loss gradient is that of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(batch, [rows, dIn]) as Tensor2D;
    const weights = start();
    const f = (wEnc: tf.Tensor): tf.Tensor => topk.loss({ ...weights, wEnc }, batchOf(x), config, lossContext(sizes)).loss;
    const gradient = tf.grad(f)(weights['wEnc']!).dataSync();
    const base = weights['wEnc']!.dataSync();
    for (const i of [0, 17, 64, 119]) {
      const moved = (by: number): number => f(tf.tensor2d(base.map((v, j) => (j === i ? v + by : v)) as Float32Array, [dSae, dIn])).dataSync()[0]!;
      assertClose([gradient[i]!], [(moved(2e-3) - moved(-2e-3)) / 4e-3], 2e-2, `entry ${i}`);
    }
  }));
});
