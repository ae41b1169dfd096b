import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import type { AnyVariant } from '../../../../src/engine/sae/definition.ts';
import { variantById } from '../../../../src/engine/sae/registry.ts';
import { startAtL0 } from '../../../../src/engine/train/bench-start.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { eachBackend } from '../../../support/backends.ts';
import { batchOf, initContext, trainerSettings } from '../../../support/variants.ts';

const sizes = { dIn: 8, dSae: 64 };

function trainerOf(variant: AnyVariant): DenseTrainer {
  const config = variant.config.parse({}) as Record<string, unknown>;
  const context = initContext(sizes);
  return new DenseTrainer(variant, config, variant.init(config, context), variant.buffers?.(config, context) ?? {}, trainerSettings(sizes));
}

for (const id of ['relu', 'relu-april', 'jumprelu']) {
  test(`${id} starts with about the L0 that was asked for`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      const variant = variantById(id);
      const trainer = trainerOf(variant);
      const x = tf.tensor2d(Random.from(1).normals(128 * 8), [128, 8]) as Tensor2D;
      startAtL0(trainer, variant, x, 5);
      const { l0 } = trainer.step(batchOf(x), 0, 0);
      assert.ok(Math.abs(l0 - 5) < 0.5, String(l0));
      trainer.dispose();
    }));
  });
}

test('dictionaries that choose a number of latents, or have no encoder, stay as they are', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const id of ['topk', 'matching-pursuit']) {
      const trainer = trainerOf(variantById(id));
      const before = trainer.state();
      startAtL0(trainer, variantById(id), tf.ones([4, 8]) as Tensor2D, 5);
      for (const [name, tensor] of Object.entries(trainer.state())) assert.deepEqual(tensor.dataSync(), before[name]!.dataSync(), name);
      trainer.dispose();
    }
  }));
});
