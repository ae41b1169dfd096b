import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { batchTopK } from '../../../../src/engine/sae/variants/batch-topk.ts';
import { topk } from '../../../../src/engine/sae/variants/topk.ts';
import { fusedForward } from '../../../../src/engine/train/fused-forward.ts';
import type { ReadWeights, SparseForward } from '../../../../src/engine/train/fused-forward.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf } from '../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 40 };

for (const variant of [topk, batchTopK]) {
  test(`${variant.id}: loss, active latents and error are those of the variant's loss`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      const config = variant.config.parse({ k: 3 }) as never;
      const weights = variant.init(config, initContext(sizes));
      const buffers = variant.buffers?.(config, initContext(sizes)) ?? {};
      const x = tf.tensor2d(Random.from(5).normals(30 * 6), [30, 6]) as Tensor2D;
      const context = lossContext(sizes);
      const theirs = variant.loss({ ...weights, ...buffers }, batchOf(x), config, context);
      const read = { ...weights, threshold: null } as unknown as ReadWeights;
      const mine = fusedForward(variant.fused!(config, sizesOf(sizes))!, read, x, tf.sub(x, weights['bDec']!) as Tensor2D, context, { unitDecoder: true, centresInput: true }) as SparseForward;
      assertClose([mine.figures.loss], theirs.loss.dataSync(), 1e-4);
      assertClose([mine.figures.l0], [tf.sum(tf.cast(tf.greater(theirs.latents, 0), 'float32')).dataSync()[0]! / 30], 1e-6);
      assertClose(mine.gradient.error.dataSync(), tf.sub(theirs.reconstruction, x).dataSync(), 1e-4);
      assert.equal(mine.thresholdGradient, null);
    }));
  });
}
