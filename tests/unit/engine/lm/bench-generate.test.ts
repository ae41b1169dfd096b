import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { benchGenerate } from '../../../../src/engine/lm/bench-generate.ts';
import { loadBackend } from '../../../../src/engine/backend/load.ts';

const model = { arch: 'moe-x', layers: 2, dModel: 8, heads: 2, context: 8, vocab: 11, tiedEmbeddings: true, layer: {} };

test('texts grow by what was asked for, the same each time, and nothing is left behind', async () => {
  await loadBackend();
  const before = tf.memory().numTensors;
  const bench = { model, batch: 3, prompt: 4, newTokens: 4, rounds: 1, seed: 1 };
  const [once, twice] = [await benchGenerate(bench), await benchGenerate({ ...bench, rounds: 2 })];
  assert.equal(once['token_sum'], twice['token_sum']);
  assert.ok(Number(once['tokens_per_s']) > 0 && once['batch'] === 3);
  assert.equal(tf.memory().numTensors, before);
});

test('more tokens than the context holds are refused', async () => {
  await assert.rejects(benchGenerate({ model, batch: 1, prompt: 8, newTokens: 2, rounds: 1, seed: 0 }), { kind: 'bad-request' });
});
