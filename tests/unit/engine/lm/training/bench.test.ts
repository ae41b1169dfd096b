import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchLm } from '../../../../../src/engine/lm/training/bench.ts';

const model = { arch: 'dense', layers: 1, dModel: 8, heads: 2, context: 8, vocab: 11, tiedEmbeddings: true, layer: {} };

test('steps are timed and learn the tokens they are given', async () => {
  const result = await benchLm({ model, batch: 2, steps: 3, seed: 1 });
  assert.deepEqual([result['arch'], result['batch'], result['steps']], ['dense', 2, 3]);
  assert.ok(Number(result['tokens_per_s']) > 0 && Number(result['ms_per_step']) > 0);
  assert.ok(Number(result['loss_last']) < Number(result['loss_first']));
});

test('sizes that do not fit together are refused before anything is timed', async () => {
  await assert.rejects(benchLm({ model: { ...model, heads: 3 }, batch: 1, steps: 1, seed: 0 }), { kind: 'bad-config' });
});
