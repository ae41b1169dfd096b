import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combinations, dataKey, expandSweep, sweepConfigSchema } from '../../../../src/engine/sweep/config.ts';

const base = { activations: ['store'], dSae: 64, steps: 5 };
const expand = (fields: Record<string, unknown>): ReturnType<typeof expandSweep> => expandSweep(sweepConfigSchema.parse({ out: '/sweep', base, ...fields }));

test('a grid gives every combination, in order', () => {
  assert.deepEqual(combinations({ k: [1, 2], seed: [3, 4] }), [{ k: 1, seed: 3 }, { k: 1, seed: 4 }, { k: 2, seed: 3 }, { k: 2, seed: 4 }]);
  assert.deepEqual(combinations({}), [{}]);
});

test('members have names of their own, their fields over the base, and a folder below the sweep', () => {
  const members = expand({ grid: { k: [2, 4] }, members: [{ variant: 'relu' }], baselines: false });
  assert.deepEqual(members.map(({ config }) => [config?.variant, config?.['k'], config?.dSae]), [['topk', 2, 64], ['topk', 4, 64], ['relu', undefined, 64]]);
  assert.equal(new Set(members.map(({ name }) => name)).size, 3);
  assert.ok(members.every(({ folder, config, name }) => folder === `/sweep/members/${name}` && config?.out === folder));
});

test('one wrong member carries its problem, the others are whole', () => {
  const members = expand({ grid: { k: [2, 0] }, baselines: false });
  assert.equal(members[0]!.problem, null);
  assert.match(members[1]!.problem!, /k/);
  assert.equal(members[1]!.config, null);
});

test('baselines: random directions for each width, and each other variant at its start, once', () => {
  const members = expand({ grid: { variant: ['topk', 'batch-topk'], dSae: [64, 128], k: [2, 4] } });
  const roles = members.filter(({ role }) => role !== 'trained').map(({ role, config }) => `${role} ${config?.variant} ${config?.dSae}`);
  assert.deepEqual(roles.sort(), ['random topk 128', 'random topk 64', 'untrained batch-topk 128', 'untrained batch-topk 64']);
});

test('a base with fields of one variant still gives baselines of another', () => {
  const members = expand({ base: { ...base, variant: 'batch-topk', k: 3 }, members: [{}] });
  assert.deepEqual(members.map(({ role, problem }) => [role, problem]), [['trained', null], ['random', null], ['untrained', null]]);
});

test('members share data unless hook, batch, store or kind of data differ', () => {
  const keys = expand({ members: [{}, { k: 2 }, { variant: 'relu', lr: 0.1, seed: 9 }, { batch: 100 }, { hookPoint: 'b' }], baselines: false }).map(({ config }) => dataKey(config!, 0));
  assert.equal(keys[0], keys[1]);
  assert.equal(keys[0], keys[2]);
  assert.equal(new Set(keys).size, 3);
});

test('unknown fields of the sweep are refused', () => {
  assert.equal(sweepConfigSchema.safeParse({ out: '/s', gird: {} }).success, false);
});
