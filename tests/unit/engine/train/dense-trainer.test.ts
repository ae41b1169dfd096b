import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { registry } from '../../../../src/engine/sae/registry.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { eachBackend } from '../../../support/backends.ts';

const [dIn, dSae] = [8, 24];

test('any variant of the registry trains on a batch: the loss falls, no tensor is left, a state can be taken back', async (t) => {
  await eachBackend(t, () => {
    for (const variant of registry) {
      const config = variant.config.parse({ k: 3 }) as Record<string, unknown>;
      const weights = tf.tidy(() => variant.init(config, { dIn, dSae, random: Random.from(2), centre: new Float32Array(dIn) }) as tf.NamedTensorMap);
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: null, deadWindow: 1e6, variance: dIn, steps: 100 };
      const trainer = new DenseTrainer(variant, config, weights, dSae, settings);
      tf.dispose(weights);
      const x = tf.tensor2d(Random.from(3).normals(30 * dIn), [30, dIn]) as Tensor2D;
      const first = trainer.step(x, 0.01, 0).loss;
      const state = trainer.state();
      const tensors = tf.memory().numTensors;
      const losses = Array.from({ length: 10 }, (_, i) => trainer.step(x, 0.01, i + 1).loss);
      assert.equal(tf.memory().numTensors, tensors);
      assert.ok(losses.at(-1)! < first, `${variant.id}: ${first} -> ${losses.at(-1)}`);
      trainer.restore(state);
      assert.equal(trainer.step(x, 0.01, 1).loss, losses[0]);
      assert.throws(() => trainer.restore({ ...state, wEnc: x }), { kind: 'mismatch' });
      tf.dispose([state, x]);
      trainer.dispose();
    }
  });
});
