import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildConfigSchema } from '../../../../src/main/catalog/build-config.ts';
import { statisticsConfigSchema } from '../../../../src/engine/interp/config.ts';

const paths = { store: 's', dictionary: 'd', model: 'm' };

test('a build is what its statistics are, a place, and first guesses of labels unless they are turned off', () => {
  const { out, labels, ...statistics } = buildConfigSchema.parse({ ...paths, out: 'c.loupe' });
  assert.deepEqual([out, labels, buildConfigSchema.parse({ ...paths, out: 'c', labels: false }).labels], ['c.loupe', true, false]);
  assert.deepEqual(statistics, statisticsConfigSchema.parse(paths));
});

test('the defaults are those of issue 3: 20 and 5 x 5 examples of 64 tokens, 10 logits each way, 10 neighbours', () => {
  const { topExamples, intervalExamples, window, logits, neighbours } = buildConfigSchema.parse({ ...paths, out: 'c' });
  assert.deepEqual({ topExamples, intervalExamples, window, logits, neighbours }, { topExamples: 20, intervalExamples: 5, window: 64, logits: 10, neighbours: 10 });
});

test('fields that are unknown, missing or out of range are refused', () => {
  for (const config of [{ ...paths }, { ...paths, out: '' }, { ...paths, out: 'c', windw: 3 }, { ...paths, out: 'c', window: 0 }, { ...paths, out: 'c', seed: -1 }]) {
    assert.equal(buildConfigSchema.safeParse(config).success, false, JSON.stringify(config));
  }
});
