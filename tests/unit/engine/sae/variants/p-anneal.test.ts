import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Weights } from '../../../../../src/engine/sae/definition.ts';
import { pAfter, pAnneal, powerPenalty, updatesDue } from '../../../../../src/engine/sae/variants/p-anneal.ts';
import { relu } from '../../../../../src/engine/sae/variants/relu.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences } from '../../../../support/gradients.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const [rows, sizes] = [15, { dIn: 6, dSae: 20 }];
const config = pAnneal.config.parse({ l1Coefficient: 2, sparsityWarmup: 0 });
const batch = (seed = 1, count = rows): Tensor2D => tf.tensor2d(Random.from(seed).normals(count * 6), [count, 6]);
const start = (): Weights => ({ ...pAnneal.init(config, initContext(sizes)), ...pAnneal.buffers!(config, initContext(sizes)) });

test('penalties of a case worked by hand; latents of 0 count nothing, and their gradient is finite', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const latents = tf.tensor2d([[4, 0, 9], [0, 0, 1]]);
    const of = (p: number, form: 'power' | 'norm'): number => powerPenalty(latents, p, form).dataSync()[0]!;
    assertClose([of(1, 'power'), of(0.5, 'power'), of(0.5, 'norm')], [7, (5 + 1) / 2, (25 + 1) / 2], 1e-5);
    const gradient = tf.grad((f) => powerPenalty(f as Tensor2D, 0.5, 'power'))(latents).dataSync();
    // 0.5 / sqrt(f) over two rows
    assertClose(gradient, [0.125, 0, 1 / 12, 0, 0, 0.25], 1e-5);
  }));
});

test('p falls in ten equal steps from 1, the first after annealStart of the run', () => {
  assert.deepEqual([0, 149, 150, 234, 235, 999].map((step) => updatesDue(config, step, 1000)), [0, 0, 1, 1, 2, 10]);
  assert.deepEqual([0, 5, 10].map((done) => Math.round(1000 * pAfter(config, done))), [1000, 600, 200]);
  assert.equal(updatesDue({ ...config, updates: 0 }, 999, 1000), 0);
  assert.equal(pAfter({ ...config, updates: 0 }, 0), 1);
});

test('before the first update it is ReLU with L1', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const of = (variant: typeof pAnneal | typeof relu): number =>
      variant.loss(start(), batchOf(batch()), { ...config, resamples: 0 } as never, lossContext(sizes)).loss.dataSync()[0]!;
    assertClose([of(pAnneal)], [of(relu)], 1e-6);
  }));
});

test('gradients are those of finite differences at p 0.6', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const trained = pAnneal.init(config, initContext(sizes));
    const others = { updatesDone: tf.tensor1d([5]), coefficientScale: tf.tensor1d([1.5]) };
    // no pre-activation lies so near 0 that the power's slope bends within the step
    checkByDifferences(pAnneal, trained, others, batchOf(batch()), config, lossContext(sizes), { step: 2e-4 });
  }));
});

// sae-standard.md section 7: equal within 1 %
test('at each update p falls and the penalty times its coefficient goes on where it was', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    let weights = start();
    const steps = 200;
    const [powers, jumps]: [number[], number[]] = [[], []];
    for (let step = 0; step < steps; step++) {
      const x = batchOf(batch(100 + step, 300));
      const context = lossContext(sizes, { step, steps });
      const penaltyOf = (): number => {
        const { auxLoss } = pAnneal.loss(weights, x, config, context);
        return auxLoss.dataSync()[0]! * weights['coefficientScale']!.dataSync()[0]!;
      };
      const before = penaltyOf();
      const result = pAnneal.loss(weights, x, config, context);
      const changes = pAnneal.afterStep!(weights, x, result, config, context);
      weights = { ...weights, ...changes };
      if ('updatesDone' in changes) jumps.push(penaltyOf() / before - 1);
      powers.push(pAnneal.diagnose!(weights, result, config)['penaltyPower']!);
    }
    assert.equal(jumps.length, 10);
    assert.ok(jumps.every((jump) => Math.abs(jump) < 0.01), String(jumps));
    assert.ok(powers.every((p, step) => step === 0 || p <= powers[step - 1]!));
    assertClose([powers[28]!, powers[29]!, powers.at(-1)!], [1, 0.92, 0.2], 1e-6);
  }));
});
