import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { ItdaBuilder } from '../../../../../src/engine/sae/itda/builder.ts';
import { labelKeys, layerMatching } from '../../../../../src/engine/sae/itda/similarity.ts';
import { itda } from '../../../../../src/engine/sae/variants/itda.ts';
import { absent } from '../../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';
import { writeTinyLlama } from '../../../../support/tiny-llama.ts';
import { batchOf, initContext, lossContext, sizesOf, trainerSettings } from '../../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 20 };
const config = itda.config.parse({ k: 4 });

test('codes are signed, have at most k atoms, and the orthogonal form leaves less', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = itda.init(config, initContext(sizes));
    const x = tf.tensor2d(Random.from(1).normals(50 * 6), [50, 6]);
    const errors = (['plain', 'orthogonal'] as const).map((pursuit) => {
      const own = { ...config, pursuit };
      const { latents, reconstruction, loss } = itda.loss(weights, batchOf(x), own, lossContext(sizes));
      assert.ok(Math.max(...tf.sum(tf.cast(tf.notEqual(latents, 0), 'int32'), 1).dataSync()) <= 4);
      assert.ok(tf.min(latents).dataSync()[0]! < 0);
      assertClose(itda.decode(weights, itda.encode(weights, x, own), own, x).dataSync(), reconstruction.dataSync(), 1e-5);
      const error = tf.sum(tf.squaredDifference(x, reconstruction)).dataSync()[0]!;
      assertClose(loss.dataSync(), [error / (50 * 5)], 1e-5);
      return error;
    });
    assert.ok(errors[1]! < errors[0]!, String(errors));
  }));
});

test('the rules name the field and the cure, and the trainer takes the first atoms as asked', () => {
  assert.deepEqual(itda.check(config, sizesOf(sizes)), []);
  const problems = itda.check({ ...config, tau: 2, initialAtoms: 30 }, sizesOf(sizes));
  assert.ok(problems.length === 2 && problems[0]!.startsWith('tau is 2') && problems[1]!.startsWith('initialAtoms is 30'), problems.join());
  assert.deepEqual(itda.check({ ...config, tau: 2, absoluteTau: true }, sizesOf(sizes)), []);
  assert.equal(itda.check(config, sizesOf({ dIn: 6, dSae: 40_000 })).length, 1);
  assert.deepEqual(itda.inference(config, {}), { kind: 'own' });
  const trainer = itda.trainer!(config, sizesOf(sizes), trainerSettings(sizes));
  assert.equal(trainer.deadCount(), 0);
  trainer.dispose();
});

// sae-variants.md section 8 e: accuracy of at least 0.75 where chance is 0.25
test('layers of three models that differ by 1 % of noise find each other by their keys', { skip: await absent('tensorflow') }, async (t) => {
  await useBackend('tensorflow');
  const folder = temporaryFolder(t);
  const [layers, contexts, length] = [4, 60, 24];
  const random = Random.from(3, 'tokens');
  const tokens = Int32Array.from({ length: contexts * length }, () => random.integer(256));
  const hooks = Array.from({ length: layers }, (_, layer) => `blocks.${layer}.hook_resid_post`);
  const models: ReturnType<typeof labelKeys>[][] = [];
  for (const seed of [null, 1, 2]) {
    const place = join(folder, String(seed));
    writeTinyLlama(place, 5, { layers, ...(seed === null ? {} : { noise: { share: 0.01, seed } }) });
    const model = await loadModel(place);
    const { cache } = model.run(tokens, contexts, length, { names: hooks, logits: false });
    models.push(hooks.map((hook) => layerKeys(cache.get(hook)!, length)));
    tf.dispose([...cache.values()]);
    model.dispose();
  }
  const accuracy = layerMatching(models);
  assert.ok(accuracy >= 0.75, `${accuracy}`);
});

/** Keys of one layer's activations, any shape [..., d]. */
function layerKeys(activations: tf.Tensor, length: number): ReturnType<typeof labelKeys> {
  const d = activations.shape.at(-1)!;
  const builder = new ItdaBuilder(d, 2000, { steps: 4, tau: 0.1, absolute: false, method: 'plain', initial: d, duplicateCosine: 0.999 });
  const x = tf.reshape(activations, [-1, d]) as tf.Tensor2D;
  builder.add(x, Int32Array.from({ length: 2 * x.shape[0] }, (_, at) => (at % 2 === 0 ? Math.floor((at >> 1) / length) : (at >> 1) % length)));
  x.dispose();
  return labelKeys(builder.labels);
}
