import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { argMax } from '../../../../src/engine/lm/sampling.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

const prompt = Int32Array.of(9, 8, 7);
const models: LanguageModel[] = [];
before(async () => {
  await loadBackend();
  for (const name of ['gpt2', 'llama-tied-llama3'] as const) models.push(await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

/** Greedy generation without a cache: the whole text again for each token. */
function slowly(model: LanguageModel, count: number): number[] {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const { logits } = model.run(Int32Array.from(tokens), 1, tokens.length);
    tokens.push(argMax(logits!.dataSync<'float32'>().slice((tokens.length - 1) * 67)));
    logits!.dispose();
  }
  return tokens.slice(prompt.length);
}

test('the cache changes nothing: greedy tokens equal those of whole passes', () => {
  for (const model of models) {
    const tensors = tf.memory().numTensors;
    assert.deepEqual([...model.generate(prompt, { maxNewTokens: 12, stopIds: [] })], slowly(model, 12), model.config.name);
    assert.equal(tf.memory().numTensors, tensors);
  }
});

test('sampling repeats with its seed and differs with another', () => {
  const draw = (seed: number): string => models[0]!.generate(prompt, { maxNewTokens: 15, temperature: 1, topP: 0.95, seed, stopIds: [] }).join();
  assert.equal(draw(1), draw(1));
  assert.notEqual(draw(1), draw(2));
});

test('a tiny topP is greedy at any temperature', () => {
  const greedy = models[0]!.generate(prompt, { maxNewTokens: 6, stopIds: [] });
  assert.deepEqual(models[0]!.generate(prompt, { maxNewTokens: 6, temperature: 5, topP: 1e-9, stopIds: [] }), greedy);
});

test('it ends at a stop id, at false from onToken, and at the end of the context', () => {
  const model = models[0]!;
  const all = model.generate(prompt, { maxNewTokens: 6, stopIds: [] });
  assert.deepEqual([...model.generate(prompt, { maxNewTokens: 6, stopIds: [all[2]!] })], [...all.slice(0, [...all].indexOf(all[2]!) + 1)]);
  assert.equal(model.generate(prompt, { maxNewTokens: 6, stopIds: [], onToken: () => false }).length, 1);
  assert.equal(model.generate(prompt, { maxNewTokens: 1000, stopIds: [] }).length, 32 - 3); // GPT-2's fixture has a context of 32
});

test('edits apply to every token that is made', () => {
  const model = models[0]!;
  const edits = [{ hook: 'blocks.1.hook_resid_post', kind: 'map', map: (x: tf.Tensor) => tf.zerosLike(x) }] as const;
  const made = model.generate(prompt, { maxNewTokens: 4, stopIds: [], edits });
  assert.equal(new Set(made).size, 1, 'from a residual stream of zeros the next token is always the same');
});

test('bad options are refused by name', () => {
  const model = models[0]!;
  assert.throws(() => model.generate(new Int32Array(0), { maxNewTokens: 1 }), { kind: 'bad-request', message: /empty/u });
  assert.throws(() => model.generate(prompt, { maxNewTokens: 1, temperature: -1 }), { kind: 'bad-request', message: /temperature/u });
  assert.throws(() => model.generate(prompt, { maxNewTokens: 1, topP: 0 }), { kind: 'bad-request', message: /topP/u });
  assert.throws(() => model.generate(prompt, { maxNewTokens: -1 }), { kind: 'bad-request', message: /maxNewTokens/u });
  assert.throws(() => model.generate(new Int32Array(40), { maxNewTokens: 1 }), { kind: 'bad-request', message: /shorten/u });
});
