import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { inspectModel, loadModel } from '../../../../../src/engine/lm/load.ts';
import { loupe } from '../../../../../src/engine/lm/models/loupe.ts';
import { periodicContexts, tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { largestDifference } from '../../../../support/lm-fixtures.ts';
import { temporaryFolder } from '../../../../support/temporary.ts';

before(() => loadBackend());
const { tokens, batch, length } = periodicContexts(1, 2, 8);

/** Hooks with numbers for each token, but for those between attention and layer, which a block of another form may not have. */
function hooksOf(model: LanguageModel): string[] {
  return model.hookNames.filter((name) => !/scores|pattern|hook_resid_mid|hook_mlp_out/u.test(name));
}

for (const kind of layerKinds) {
  test(`${kind.id}: a folder opens as any other model, and every hook has the width that it says`, async (t) => {
    const folder = temporaryFolder(t);
    const shape = tinyShape(kind.id);
    writeTinyModel(folder, shape);
    const before = tf.memory().numTensors;
    const model = await loadModel(folder);
    assert.equal(model.identity.family, 'loupe');
    const { logits, cache } = model.run(tokens, batch, length, { names: hooksOf(model) });
    assert.deepEqual(logits!.shape, [2, 8, 257]);
    assert.equal(cache.get('blocks.1.mlp.hook_post')!.shape.at(-1), kind.units(shape.layer, shape.size));
    for (const [name, value] of cache) assert.equal(value.size / (batch * length), model.hookWidth(name), name);
    assert.ok(inspectModel(folder).hooks.some(({ name, d }) => name === 'blocks.0.mlp.hook_post' && d === kind.units(shape.layer, shape.size)));
    tf.dispose([logits!, ...cache.values()]);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test(`${kind.id}: units pass through their hook, so that a change there changes the logits and its own value does not`, async (t) => {
    const folder = temporaryFolder(t);
    writeTinyModel(folder, tinyShape(kind.id));
    const model = await loadModel(folder);
    const hook = 'blocks.1.mlp.hook_post';
    const plain = model.run(tokens, batch, length, { names: [hook] });
    const same = model.run(tokens, batch, length, { edits: [{ hook, kind: 'replace', value: plain.cache.get(hook)! }] });
    const none = model.run(tokens, batch, length, { edits: [{ hook, kind: 'map', map: (value) => tf.zerosLike(value) }] });
    const [a, b, c] = [plain, same, none].map(({ logits }) => logits!.dataSync() as Float32Array) as [Float32Array, Float32Array, Float32Array];
    assert.ok(largestDifference(a, b) < 1e-4, String(largestDifference(a, b)));
    assert.ok(largestDifference(a, c) > 1e-3, String(largestDifference(a, c)));
    model.dispose();
  });

  test(`${kind.id}: with a cache and without give the same logits`, async (t) => {
    const folder = temporaryFolder(t);
    writeTinyModel(folder, tinyShape(kind.id));
    const model = await loadModel(folder);
    const whole = model.run(tokens.slice(0, length), 1, length);
    const last = (whole.logits!.dataSync() as Float32Array).slice((length - 1) * 257);
    const text = model.continuation();
    text.append(tokens.slice(0, length - 2));
    text.append(tokens.slice(length - 2, length - 1));
    assert.ok(largestDifference(text.append(tokens.slice(length - 1, length)), last) < 1e-4);
    text.dispose();
    whole.logits!.dispose();
    model.dispose();
  });
}

test('float16 weights load, within their rounding', async (t) => {
  const [whole, half] = [temporaryFolder(t), temporaryFolder(t)];
  const shape = tinyShape('dense');
  writeTinyModel(whole, shape);
  writeTinyModel(half, shape, 'F16');
  const values: Float32Array[] = [];
  for (const folder of [whole, half]) {
    const model = await loadModel(folder);
    const { logits } = model.run(tokens, batch, length);
    values.push(logits!.dataSync() as Float32Array);
    logits!.dispose();
    model.dispose();
  }
  const difference = largestDifference(values[0]!, values[1]!);
  assert.ok(difference > 0 && difference < 0.02, String(difference));
});

test('there is no GGUF form', () => {
  assert.throws(() => loupe.readGguf(new Map(), 'm'), { kind: 'unsupported' });
});
