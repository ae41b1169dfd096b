import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleFeatures, featureLines } from '../../../../src/cli/demo/report.ts';
import type { CatalogClient } from '../../../../src/main/catalog/client.ts';
import { vector } from '../../../../src/shared/schema/tensor.ts';
import type { Example, Feature, FeatureRow } from '../../../../src/shared/schema/catalog.ts';

const row = (index: number): FeatureRow => ({ index, density: 0.01, max: 2, mean: 1, min: 1, dead: false, tokenClass: null, label: null, labelKind: null, confidence: null, family: null, score: null, notes: false, preview: null });

function example(tokens: string[], start: number, peak: number): Example {
  const ids = vector(new Int32Array(tokens.length));
  return { context: 0, document: 0, start, peak, tokens, tokenIds: ids, activations: vector(new Float32Array(tokens.length)), step: 1, special: [] };
}

/** Feature i fires on " red" at position 11 of a window that starts at 10, and again on "red". */
function feature(index: number): Feature {
  const examples = [example(['the', ' red', ' fox'], 10, 11), example(['red', ' dawn'], 3, 3), example([' blue'], 0, 0)];
  return {
    source: 1, index, density: 0.01, firings: 3, tokens: 300, max: 2, mean: 1, min: 0, dead: false, tokenClass: null, negative: null, extras: null, topLogits: [], bottomLogits: [], neighbours: [], label: null,
    histogram: { low: 1, high: 2, counts: vector(new Float64Array(50)) }, groups: [{ name: 'Top', low: 0, high: 2, share: null, examples }],
  };
}

/** Twenty features, all within the densities that are asked for. */
const client = {
  features: async ({ offset, limit }: { offset: number; limit: number }) => ({ total: 20, rows: Array.from({ length: 20 }, (_, i) => row(i * 3)).slice(offset, offset + limit) }),
  feature: async ({ index }: { index: number }) => feature(index),
} as unknown as CatalogClient;

test('features are drawn without repetition, in order, and by the seed', async () => {
  const indices = async (seed: number): Promise<number[]> => (await exampleFeatures(client, 1, 10, seed)).map(({ index }) => index);
  const first = await indices(0);
  assert.equal(new Set(first).size, 10);
  assert.deepEqual(first, [...first].sort((a, b) => a - b));
  assert.deepEqual(first, await indices(0));
  assert.notDeepEqual(first, await indices(1));
});

test('a feature is shown by the distinct tokens at its peaks and its strongest example with the peak marked', async () => {
  const [shown] = await exampleFeatures(client, 1, 1, 0);
  assert.deepEqual(shown?.topTokens, ['red', 'blue']);
  assert.equal(shown?.context, 'the« red» fox');
  assert.match(featureLines([shown!]), /1\.0 %  red, blue\n +the« red» fox/);
});

test('fewer features than asked for are no error', async () => {
  assert.equal((await exampleFeatures(client, 1, 50, 0)).length, 20);
});
