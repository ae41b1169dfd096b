import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { calibrate } from '../../../../../src/engine/lm/sparsity/calibrate.ts';
import { unitsOf } from '../../../../../src/engine/lm/sparsity/units.ts';
import { periodicContexts, tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

const rmsOf = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);

test('thresholds are a share of the root mean square of smooth units, and 0 of exact ones; usual and most are of the batch', async (t) => {
  await loadBackend();
  const batch = { ...periodicContexts(1), first: 0 };
  for (const activation of ['gelu', 'relu']) {
    const folder = temporaryFolder(t);
    writeTinyModel(folder, tinyShape('dense', { activation }));
    const model = await loadModel(folder);
    t.after(() => model.dispose());
    const names = ['hook_embed', 'blocks.0.mlp.hook_post', 'blocks.1.mlp.hook_post'];
    const { cache } = model.run(batch.tokens, batch.batch, batch.length, { names, logits: false });
    const [embedded, ...posts] = names.map((name) => cache.get(name)!.dataSync<'float32'>()) as [Float32Array, Float32Array, Float32Array];
    tf.dispose([...cache.values()]);
    const { thresholds, usual, most, embeddingRms } = calibrate(model, unitsOf(model), batch, 0.5);
    assert.ok(Math.abs(embeddingRms - rmsOf(embedded)) < 1e-5);
    posts.forEach((post, layer) => assert.ok(Math.abs(thresholds[layer]! - (activation === 'relu' ? 0 : 0.5 * rmsOf(post))) < 1e-5));
    const counts = posts.map((post, layer) => Array.from({ length: 48 }, (_, token) => post.subarray(token * 64, (token + 1) * 64).filter((value) => Math.abs(value) > thresholds[layer]!).length));
    const means = counts.map((all) => all.reduce((a, b) => a + b) / 48).sort((a, b) => a - b);
    assert.ok(Math.abs(usual - means[1]!) < 1e-9);
    assert.equal(most, Math.max(...counts.flat()));
  }
});
