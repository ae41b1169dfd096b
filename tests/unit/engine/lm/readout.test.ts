import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { laterHooks, ModelReadout } from '../../../../src/engine/lm/readout.ts';
import { Random } from '../../../../src/engine/random.ts';
import { divergence } from '../../../../src/engine/sae/variants/end-to-end.ts';
import { fixtureFolder, largestDifference } from '../../../support/lm-fixtures.ts';

const tokens = Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3);
const batch = { tokens, batch: 2, length: 5, mask: Uint8Array.of(0, 1, 1, 1, 1, 0, 1, 0, 1, 1) };
const models = new Map<string, LanguageModel>();
before(async () => {
  await loadBackend();
  for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'gemma2'] as const) models.set(name, await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

const hooks = ['blocks.0.hook_resid_post', 'blocks.1.hook_mlp_out', 'blocks.0.hook_attn_out', 'blocks.1.attn.hook_z', 'hook_embed'];

for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'gemma2']) {
  for (const hook of hooks) {
    test(`${name}: a readout at ${hook} gives the model's own logits back, and its gradient is that of finite differences`, () => {
      const tensors = tf.memory().numTensors;
      const readout = new ModelReadout(models.get(name)!, batch, hook);
      assert.deepEqual([...readout.counted], [1, 2, 3, 4, 6, 8, 9]);
      assert.deepEqual(readout.original.later.length, laterHooks(hook, 2).length);
      tf.tidy(() => {
        const x = tf.tensor2d(readout.x, [7, readout.d]);
        const { logits, later } = readout.run(x);
        assert.ok(largestDifference(logits.dataSync(), readout.original.logits.dataSync()) <= 2e-5);
        later.forEach((layer, i) => assert.ok(largestDifference(layer.dataSync(), readout.original.later[i]!.dataSync()) <= 2e-5));
        // At the original itself the divergence is at its minimum and flat: look from beside it.
        const away = tf.add(x, tf.tensor2d(Random.from(1).normals(readout.x.length, 0.3), [7, readout.d])) as Tensor2D;
        const objective = (at: tf.Tensor): tf.Tensor => {
          const readings = readout.run(at as Tensor2D);
          return tf.addN([divergence(readout.original.logits, readings.logits), ...readings.later.map((layer) => tf.mul(tf.mean(tf.square(layer)), 0.1))]);
        };
        const gradient = tf.grad(objective)(away);
        const length = Math.hypot(...gradient.dataSync<'float32'>());
        const h = 0.02;
        const along = (sign: number): number => objective(tf.add(away, tf.mul(gradient, (sign * h) / length))).dataSync()[0]!;
        const slope = (along(1) - along(-1)) / (2 * h);
        assert.ok(length > 1e-4 && Math.abs(slope - length) <= 0.01 * length + 1e-4, `slope ${slope}, gradient ${length}`);
      });
      readout.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });
  }
}

test('contexts in which no row counts are refused', () => {
  assert.throws(() => new ModelReadout(models.get('gpt2')!, { ...batch, mask: new Uint8Array(10) }, 'blocks.0.hook_resid_post'), { kind: 'bad-request' });
});
