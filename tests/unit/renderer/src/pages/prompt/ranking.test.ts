import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Encoded, EncodedDictionary } from '../../../../../../src/shared/schema/live.ts';
import { vector } from '../../../../../../src/shared/schema/tensor.ts';
import { exportOf, featureRows, rankFeatures } from '../../../../../../src/renderer/src/pages/prompt/ranking.ts';

/** Three tokens, two slots each; the first does not count. Feature 7: 9, 2, 0; feature 4: 0, 3, -1; feature 9: 0, 0, 2.5. */
const dictionary: EncodedDictionary = {
  path: '/d', hash: 'h', variant: 'topk', hooks: ['x'], features: 10, signed: true, counts: vector(Int32Array.of(1, 2, 2)),
  indices: vector(Int32Array.of(7, 0, 4, 7, 9, 4), [3, 2]), values: vector(Float32Array.of(9, 0, 3, 2, 2.5, -1), [3, 2]),
};
const counted = Uint8Array.of(0, 1, 1);
const rows = featureRows(dictionary, counted);
const order = (...args: [Parameters<typeof rankFeatures>[1], number | null, ReadonlyMap<number, number>?]): number[] => rankFeatures(rows, args[0], args[1], args[2] ?? new Map()).map(({ index }) => index);

test('each feature has a row over the tokens; what stands at a token that does not count is left out', () => {
  assert.deepEqual([...rows].map(([index, values]) => [index, ...values]), [[4, 0, 3, -1], [7, 0, 2, 0], [9, 0, 0, 2.5]]);
});

test('maximum, sum, at a token, and rare first', () => {
  assert.deepEqual(order('max', null), [4, 9, 7]);
  assert.deepEqual(order('sum', null), [4, 9, 7]); // 4, 2.5, 2
  assert.deepEqual(order('token', 2), [9, 4]); // 2.5, 1; feature 7 does not fire there
  assert.deepEqual(order('token', 1), [4, 7]);
  // 3 ln 2 = 2.1, 2 ln 1000 = 13.8, 2.5 ln 10 = 5.8
  assert.deepEqual(order('density', null, new Map([[4, 0.5], [7, 0.001], [9, 0.1]])), [7, 9, 4]);
});

test('a token at which nothing fires, and a prompt without features, have an empty ranking', () => {
  assert.deepEqual(order('token', 0), []);
  const none = { ...dictionary, values: vector(new Float32Array(6), [3, 2]) };
  assert.deepEqual(rankFeatures(featureRows(none, counted), 'max', null, new Map()), []);
});

test('equal scores go by number, and magnitude decides over sign', () => {
  const equal = new Map([[8, Float32Array.of(0, -2)], [3, Float32Array.of(2, 0)]]);
  const ranked = rankFeatures(equal, 'max', null, new Map());
  assert.deepEqual(ranked.map(({ index, max, peak }) => [index, max, peak]), [[3, 2, 0], [8, -2, 1]]);
});

test('the export is JSON with every token and activation', () => {
  const encoded: Encoded = {
    model: { name: 'm', hash: 'mh' }, tokens: { texts: ['<s>', 'a', 'b'], ids: vector(Int32Array.of(1, 2, 3)), special: [0], lead: 1, how: 'so' }, counted: vector(counted),
    probability: vector(Float32Array.of(Number.NaN, 0.5, 0.25)), dictionaries: [dictionary], rows: vector(new Float32Array(0), [0, 3]),
  };
  const made = JSON.parse(JSON.stringify(exportOf(encoded, 'ab', [{ ranked: rankFeatures(rows, 'max', null, new Map()), labels: new Map([[4, 'four']]) }]))) as { tokens: unknown[]; dictionaries: { ranked: unknown[] }[] };
  assert.deepEqual(made.tokens[0], { token: '<s>', id: 1, counted: false, probability: null });
  assert.deepEqual(made.dictionaries[0]!.ranked[0], { index: 4, label: 'four', score: 3, max: 3, peak: 1, activations: [0, 3, -1] });
});
