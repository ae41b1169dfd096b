import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { balanceLoss, routing, switchSae } from '../../../../../src/engine/sae/variants/switch.ts';
import { topk } from '../../../../../src/engine/sae/variants/topk.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences, lossGradients } from '../../../../support/gradients.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = switchSae.config.parse({ k: 3, experts: 4 });
const batch = (): Tensor2D => tf.tensor2d(Random.from(1).normals(rows * 6), [rows, 6]);
const start = (own = config): Weights => switchSae.init(own, initContext(sizes, { centre: Random.from(8).normals(6, 0.2) }));

test('with one expert it is TopK: latents, loss but for the balance, gradients', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const one = { ...config, experts: 1 };
    const { wRouter: _wRouter, bRouter: _bRouter, ...shared } = start(one);
    const ours = switchSae.loss(start(one), batchOf(batch()), one, lossContext(sizes));
    const plain = { k: 3, auxK: 0, auxCoefficient: 0 };
    const theirs = topk.loss(shared, batchOf(batch()), plain, lossContext(sizes));
    assertClose(ours.latents.dataSync(), theirs.latents.dataSync(), 1e-6);
    assertClose(ours.loss.dataSync(), [theirs.loss.dataSync()[0]! + 0.01], 1e-6);
    const mine = lossGradients(switchSae, start(one), {}, batchOf(batch()), one, lossContext(sizes));
    const other = lossGradients(topk, shared, {}, batchOf(batch()), plain, lossContext(sizes));
    for (const [name, gradient] of Object.entries(other)) assertClose(mine[name]!.dataSync(), gradient.dataSync(), 1e-5, name);
  }));
});

test("a row's latents lie in the block of its likeliest expert, times that expert's probability", async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = start();
    const { latents, reconstruction } = switchSae.loss(weights, batchOf(batch()), config, lossContext(sizes));
    const probability = routing(weights, batch()).arraySync();
    const u = tf.add(tf.matMul(tf.sub(batch(), weights['bDec']!) as Tensor2D, weights['wEnc'] as Tensor2D, false, true), weights['bEnc']!).arraySync() as number[][];
    const experts = new Set<number>();
    latents.arraySync().forEach((row, r) => {
      const most = Math.max(...probability[r]!);
      const expert = probability[r]!.indexOf(most);
      experts.add(expert);
      const block = u[r]!.map((value, j) => (Math.floor(j / 5) === expert ? Math.max(0, value) : 0));
      const least = [...block].sort((a, b) => b - a)[2]!;
      assertClose(row, block.map((value) => (value >= least ? value * most : 0)), 1e-5, `row ${r}`);
    });
    assert.ok(experts.size > 1);
    assertClose(switchSae.decode(weights, latents, config, batch()).dataSync(), reconstruction.dataSync(), 1e-5);
    assertClose(switchSae.encode(weights, batch(), config).dataSync(), latents.dataSync(), 1e-6);
    const unscaled = switchSae.encode(weights, batch(), { ...config, scaleByProbability: false });
    assertClose(tf.mul(unscaled, tf.max(routing(weights, batch()), 1, true)).dataSync(), latents.dataSync(), 1e-5);
  }));
});

test('an expert that no row goes to gets no gradient, and nothing breaks', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // along a constant direction the first expert always wins
    const weights = { ...start(), bRouter: tf.zeros([6]), wRouter: tf.tensor2d([[50, 0, 0, 0, 0, 0], ...Array<number[]>(3).fill([-50, 0, 0, 0, 0, 0])]) };
    const x = tf.concat([tf.ones([rows, 1]), tf.slice(batch(), [0, 1], [rows, 5])], 1) as Tensor2D;
    const { latents } = switchSae.loss(weights, batchOf(x), config, lossContext(sizes));
    assert.ok(latents.arraySync().flatMap((row) => row.slice(5)).every((value) => value === 0));
    const gradients = lossGradients(switchSae, weights, {}, batchOf(x), config, lossContext(sizes));
    for (const name of ['wEnc', 'wDec', 'bEnc']) {
      const moved = tf.sum(tf.abs(tf.reshape(gradients[name]!, [4, -1])), 1).dataSync();
      assert.deepEqual([...moved].map((value) => value > 0), [true, false, false, false], name);
    }
  }));
});

test('the balance loss is 1 when experts are used alike, and the number of experts when one is used alone', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assertClose(balanceLoss(tf.fill([8, 4], 0.25) as Tensor2D, [2, 2, 2, 2]).dataSync(), [1], 1e-6);
    assertClose(balanceLoss(tf.tile(tf.tensor2d([[1, 0, 0, 0]]), [8, 1]) as Tensor2D, [8, 0, 0, 0]).dataSync(), [4], 1e-6);
    // 4 (3/4 * 1/2 + 1/4 * 1/2)
    assertClose(balanceLoss(tf.tile(tf.tensor2d([[0.5, 0.5, 0, 0]]), [4, 1]) as Tensor2D, [3, 1, 0, 0]).dataSync(), [2], 1e-6);
  }));
});

test('gradients are those of finite differences, the router included', async (t) => {
  await eachBackend(t, () => tf.tidy(() => checkByDifferences(switchSae, start(), {}, batchOf(batch()), config, lossContext(sizes), { step: 3e-4, tolerance: 5e-3 })));
});

test('a width that experts do not divide, and more latents than an expert has, are refused', () => {
  const check = (fields: object, dSae: number): readonly string[] => switchSae.check({ ...config, ...fields }, { dIn: 6, dOut: 6, sources: 1, dSae });
  assert.deepEqual(check({}, 20), []);
  assert.match(check({}, 22)[0]!, /experts is 4, dSae is 22: choose a dSae/);
  assert.match(check({ k: 6 }, 20)[0]!, /k is 6, an expert has 5 of 20 latents/);
  assert.equal((switchSae.inference(config, {} as Record<string, Tensor>)).kind, 'own');
});
