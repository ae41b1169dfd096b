import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpusOf, harvestUnits, unitsHook } from '../../../../../../src/renderer/src/pages/models/units.ts';
import type { LmFacts, LmRun } from '../../../../../../src/shared/schema/lm.ts';

const run = (data: unknown): LmRun => ({ path: '/m', name: 'm', job: null, state: 'done', modifiedAt: '', config: { data }, figures: {}, problem: null });
const facts = { sizes: { layers: 2, dModel: 16, heads: 2, context: 32, vocab: 257 } } as unknown as LmFacts;

test('a harvest of units is filled in with the hook, a context that fits and the corpus of the training', () => {
  assert.equal(unitsHook(1), 'blocks.1.mlp.hook_post');
  assert.deepEqual(harvestUnits('/m', 1, facts, run('/a/b.txt')), { kind: 'harvest', model: '/m', hooks: 'blocks.1.mlp.hook_post', contextLength: '32', corpus: '/a/b.txt' });
  assert.deepEqual(harvestUnits('/m', 0, { ...facts, sizes: { ...facts.sizes, context: 1024 } }, null), { kind: 'harvest', model: '/m', hooks: 'blocks.0.mlp.hook_post', contextLength: '128' });
});

test('the corpus of a training is one that a harvest can read', () => {
  assert.deepEqual([corpusOf(run('text')), corpusOf(run('chess')), corpusOf(run(undefined)), corpusOf(null)], ['wordnet', '', '', '']);
});
