import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { cut, cutAll, logitsAndStreams, logitsFrom, logitsOf, logitsWithNoise, logitsWithTokens, look, studyBatches } from '../../../../../src/engine/lm/sparsity/passes.ts';
import { unitsHook } from '../../../../../src/engine/lm/sparsity/units.ts';
import { fixtureFolder, largestDifference } from '../../../../support/lm-fixtures.ts';
import { periodicContexts, tinyShape, writeTinyModel } from '../../../../support/own-models.ts';
import { temporaryFolder, type Ending } from '../../../../support/temporary.ts';

async function opened(t: Ending, arch: string): Promise<LanguageModel> {
  await loadBackend();
  const folder = temporaryFolder(t);
  if (arch !== 'gpt2' && arch !== 'llama') writeTinyModel(folder, tinyShape(arch, arch === 'dense' ? { activation: 'relu' } : {}));
  const model = await loadModel(arch === 'gpt2' ? fixtureFolder('gpt2') : arch === 'llama' ? fixtureFolder('llama-gqa-untied') : folder);
  t.after(() => model.dispose());
  return model;
}

const batchOf = (model: LanguageModel) => {
  const batch = { ...periodicContexts(3), first: 0 };
  return { ...batch, tokens: batch.tokens.map((token) => token % model.config.vocab), targets: batch.targets.map((token) => token % model.config.vocab) };
};

function numbers(logits: tf.Tensor): Float32Array {
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return values;
}

test('tokens stand in whole contexts, as many side by side as may be', () => {
  const ids = Int32Array.from({ length: 25 }, (_, i) => i);
  const batches = studyBatches(ids, 4, 10);
  assert.deepEqual(batches.map(({ batch, first }) => [batch, first]), [[6, 0]]);
  assert.deepEqual([...batches[0]!.targets.slice(0, 5)], [1, 2, 3, 4, 5]);
  assert.deepEqual(studyBatches(ids, 4, 10, 8).map(({ batch, first }) => [batch, first]), [[2, 0], [2, 2], [2, 4]]);
  assert.equal(studyBatches(ids, 4, 10, 1).length, 6);
  assert.deepEqual(studyBatches(ids, 25, 10), []);
});

test('a cut to all units is the model as it is, bit for bit; a cut to none is the model with zeros there', async (t) => {
  for (const arch of ['dense', 'gpt2', 'llama']) {
    const model = await opened(t, arch);
    const batch = batchOf(model);
    const units = model.hookWidth(unitsHook(0));
    const plain = numbers(logitsOf(model, batch, []));
    assert.deepEqual(numbers(logitsOf(model, batch, cutAll(model.config.layers, units))), plain, arch);
    assert.deepEqual(numbers(logitsOf(model, batch, cutAll(model.config.layers, null))), plain);
    const zero = tf.zeros([units]);
    const zeroed = numbers(logitsOf(model, batch, [{ hook: unitsHook(1), kind: 'replace', value: zero }]));
    zero.dispose();
    assert.deepEqual(numbers(logitsOf(model, batch, [cut(1, 0)])), zeroed, arch);
    assert.ok(largestDifference(zeroed, plain) > 1e-3);
  }
});

test('a pass that begins at a cut block is the whole pass with that cut, for every kind of layer', async (t) => {
  for (const arch of ['dense', 'moe-x', 'monet-hd', 'crate', 'llama']) {
    const model = await opened(t, arch);
    const batch = batchOf(model);
    // MoE-X keeps what its first pass finds out about its encoders.
    numbers(logitsOf(model, batch, []));
    const before = tf.memory().numTensors;
    const { logits, streams } = logitsAndStreams(model, batch, []);
    logits.dispose();
    for (const layer of [0, 1]) {
      const part = numbers(logitsFrom(model, batch, layer, streams[layer]!, 2));
      assert.ok(largestDifference(part, numbers(logitsOf(model, batch, [cut(layer, 2)]))) < 1e-4, `${arch}, layer ${layer}`);
    }
    tf.dispose(streams);
    assert.equal(tf.memory().numTensors, before);
  }
});

test('looking changes nothing and sees rows of tokens', async (t) => {
  const model = await opened(t, 'dense');
  const batch = batchOf(model);
  const seen: number[][] = [];
  const looked = numbers(logitsOf(model, batch, [look(unitsHook(0), (value) => seen.push(value.shape)), look('hook_embed', (value) => seen.push(value.shape))]));
  assert.deepEqual(looked, numbers(logitsOf(model, batch, [])));
  assert.deepEqual(seen, [[48, 16], [48, 64]]);
});

test('noise is the same for the same seed, level and place, grows with the level, and 0 of it is none', async (t) => {
  const model = await opened(t, 'dense');
  const batch = batchOf(model);
  const plain = numbers(logitsOf(model, batch, []));
  const noisy = (level: number, seed = 1, first = 0): Float32Array => numbers(logitsWithNoise(model, { ...batch, first }, { level, rms: 0.2, seed, keep: null }));
  assert.deepEqual(noisy(0), plain);
  assert.deepEqual(noisy(0.1), noisy(0.1));
  assert.ok(largestDifference(noisy(0.1), noisy(0.1, 2)) > 0 && largestDifference(noisy(0.1), noisy(0.1, 1, 4)) > 0);
  assert.ok(largestDifference(noisy(0.5), plain) > largestDifference(noisy(0.01), plain));
  const drawn = (level: number): Float32Array => numbers(logitsWithTokens(model, batch, { level, seed: 1, keep: null }));
  assert.deepEqual(drawn(0.001), plain); // a thousandth of 48 tokens is none
  assert.ok(largestDifference(drawn(0.5), plain) > 1e-3);
});
