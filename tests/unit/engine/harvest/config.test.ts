import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimateHarvest, harvestConfigSchema, harvestHooks, type HarvestConfig } from '../../../../src/engine/harvest/config.ts';
import { fakeModel } from '../../../support/fake-model.ts';

const needed = { model: 'm', hooks: ['h'], corpus: 'c', out: 'o' };
const config = (changes: Partial<HarvestConfig> = {}): HarvestConfig => harvestConfigSchema.parse({ ...needed, ...changes });

test('unknown fields, values out of range and rules across fields are refused by name', () => {
  const problem = (changes: object): string => harvestConfigSchema.safeParse({ ...needed, ...changes }).error!.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  assert.match(problem({ contextlength: 5 }), /contextlength/);
  assert.match(problem({ contextLength: 1 }), /^contextLength/);
  assert.match(problem({ shardMegabytes: 300 }), /^shardMegabytes/);
  assert.match(problem({ tokens: 127 }), /^tokens: must be at least one context/);
  assert.match(problem({ hooks: ['a', 'a'] }), /^hooks: names a hook twice/);
});

test('every field has a description, for the form that is built from the schema', () => {
  for (const [name, field] of Object.entries(harvestConfigSchema.shape)) assert.ok((field.meta()?.description ?? field.description ?? '').length > 10, name);
});

test('the estimate is bytes a context times contexts; shards are whole batches', () => {
  // 128 * (4 + 4 + 576 * 2) = 148,480 bytes a context, 2,375,680 a batch of 16: 107 batches in 256 MB.
  const estimate = estimateHarvest(config({ tokens: 1700 * 128 + 5 }), [{ name: 'h', d: 576 }]);
  assert.deepEqual([estimate.contexts, estimate.shardContexts], [1700, 107 * 16]);
  assert.equal(estimate.bytes, 1700 * 148_480 + 2 * 65_536);
  assert.equal(estimateHarvest(config({ shardMegabytes: 0.001 }), [{ name: 'h', d: 576 }]).shardContexts, 16);
});

test('hooks have the width that the model says, in the order that was asked', () => {
  const hooks = ['blocks.1.hook_resid_post', 'blocks.0.hook_resid_post'];
  assert.deepEqual(harvestHooks(config({ hooks, contextLength: 64 }), fakeModel()), hooks.map((name) => ({ name, d: 4 })));
  assert.throws(() => harvestHooks(config({ hooks, contextLength: 65 }), fakeModel()), { kind: 'bad-config' });
});
