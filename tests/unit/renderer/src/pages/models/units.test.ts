import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogOfUnits, corpusOf, harvestUnits, unitsHook, unitsStore } from '../../../../../../src/renderer/src/pages/models/units.ts';
import type { LmFacts, LmRun } from '../../../../../../src/shared/schema/lm.ts';
import type { Item } from '../../../../../../src/shared/schema/workspace.ts';

const run = (data: unknown): LmRun => ({ path: '/m', name: 'm', job: null, state: 'done', modifiedAt: '', config: { data }, figures: {}, problem: null });
const facts = { sizes: { layers: 2, dModel: 16, heads: 2, context: 32, vocab: 257 } } as unknown as LmFacts;

test('a harvest of units is filled in with the hook, a context that fits and the corpus of the training', () => {
  assert.equal(unitsHook(1), 'blocks.1.mlp.hook_post');
  assert.deepEqual(harvestUnits('/m', 1, facts, run('/a/b.txt')), { kind: 'harvest', model: '/m', hooks: 'blocks.1.mlp.hook_post', contextLength: '32', corpus: '/a/b.txt' });
  assert.deepEqual(harvestUnits('/m', 0, { ...facts, sizes: { ...facts.sizes, context: 1024 } }, null), { kind: 'harvest', model: '/m', hooks: 'blocks.0.mlp.hook_post', contextLength: '128' });
});

test('the corpus of a training is one that a harvest can read', () => {
  assert.deepEqual([corpusOf(run('text')), corpusOf(run('chess')), corpusOf(run(undefined)), corpusOf(null)], ['wordnet', 'chess', '', '']);
});

test('a catalog of units is filled in with the newest whole store of that model and block', () => {
  const store = (id: string, model: string, hook: string, modifiedAt: string, problem: string | null = null): Item => ({ kind: 'store', id, name: id, path: `/s/${id}`, bytes: 1, modifiedAt, linked: false, summary: [['Model', model], ['Hook', hook]], problem });
  const both = 'blocks.0.mlp.hook_post, blocks.1.mlp.hook_post';
  const stores = [store('old', 'm', both, '2026-01-01'), store('new', 'm', both, '2026-02-01'), store('half', 'm', both, '2026-03-01', 'unfinished'), store('other', 'n', both, '2026-03-01'), store('resid', 'm', 'blocks.1.hook_resid_post', '2026-03-01')];
  const found = unitsStore(stores, 'm', 1)!;
  assert.equal(found.id, 'new');
  assert.equal(unitsStore(stores, 'm', 11), null);
  assert.deepEqual(catalogOfUnits('/m', 1, found), { kind: 'catalog-build', features: 'units', model: '/m', hook: 'blocks.1.mlp.hook_post', store: '/s/new' });
});
