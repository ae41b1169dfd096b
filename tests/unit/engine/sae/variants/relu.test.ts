import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import { relu } from '../../../../../src/engine/sae/variants/relu.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkByDifferences } from '../../../../support/gradients.ts';
import { trainShrinkage } from '../../../../support/shrinkage.ts';
import { batchOf, initContext, lossContext } from '../../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 20 };
const config = { l1Coefficient: 2, sparsityWarmup: 0.5, resamples: 2 };

test('the loss of a case worked by hand: squared error plus the warmed-up L1 of unweighted latents', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // u = (3 - 1) 2 + 1 = 5 and (1 - 1) 2 + 1 = 1; y = 3 u + 1 = 16 and 4; errors 13^2 and 3^2; mean 89; mean L1 3
    const weights = { wEnc: tf.tensor2d([[2]]), wDec: tf.tensor2d([[3]]), bEnc: tf.tensor1d([1]), bDec: tf.tensor1d([1]) };
    const batch = batchOf(tf.tensor2d([[3], [1]]));
    const at = (step: number): number => relu.loss(weights, batch, config, lossContext({ dIn: 1, dSae: 1 }, { step, steps: 8 })).loss.dataSync()[0]!;
    assertClose([at(0), at(1), at(3), at(7)], [89 + 6 / 4, 89 + 6 / 2, 89 + 6, 89 + 6], 1e-5);
  }));
});

test('gradients are those of finite differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(Random.from(1).normals(90), [15, 6]);
    checkByDifferences(relu, relu.init(config, initContext(sizes)), {}, batchOf(x), config, lossContext(sizes));
  }));
});

test('an activation a shrinks to a - lambda / 2', async (t) => {
  await eachBackend(t, () => {
    assertClose([trainShrinkage(relu, { ...config, l1Coefficient: 1.2 }, 3)], [3 - 0.6], 1e-2);
  });
});

test('dead latents are resampled after the steps of the schedule, and only then', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(Random.from(1).normals(90), [15, 6]) as Tensor2D;
    const weights = relu.init(config, initContext(sizes));
    const dead = tf.tensor1d(Array.from({ length: 20 }, (_, j) => Number(j < 3)));
    // two times over the first half of 40 steps
    const changed = Array.from({ length: 40 }, (_, step) => {
      const context = lossContext(sizes, { step, steps: 40, dead, deadCount: 3 });
      const after = relu.afterStep!(weights, batchOf(x), relu.loss(weights, batchOf(x), config, context), config, context) as Record<string, Tensor>;
      return 'wEnc' in after ? step + 1 : 0;
    });
    assert.deepEqual(changed.filter((step) => step > 0), [10, 20]);
    const nothing = lossContext(sizes, { step: 9, steps: 40 });
    assert.deepEqual(relu.afterStep!(weights, batchOf(x), relu.loss(weights, batchOf(x), config, nothing), config, nothing), {});
  }));
});
