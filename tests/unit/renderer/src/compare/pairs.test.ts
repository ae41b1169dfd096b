import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densityRatio, labelCopies, matchedPairs, onlyHere, sortPairs, unitBins } from '../../../../../src/renderer/src/compare/pairs.ts';
import type { ShownLabelRow } from '../../../../../src/shared/schema/compare.ts';

/** a0 and b1 are each other's nearest; a1 likes b1 too; a2 has nobody; b0's nearest is a1. */
const sides = { aAt: [1, 1, -1], aValue: [0.9, 0.6, 0], bAt: [1, 0], bValue: [0.5, 0.9] };

test('pairs from a threshold on; one to one keeps what is mutual', () => {
  assert.deepEqual(matchedPairs(sides, 0.5, false), [{ a: 0, b: 1, value: 0.9, mutual: true }, { a: 1, b: 1, value: 0.6, mutual: false }]);
  assert.deepEqual(matchedPairs(sides, 0.5, true).map(({ a, b }) => [a, b]), [[0, 1]]);
  assert.deepEqual(matchedPairs(sides, 0.95, false), []);
});

test('only here: what fires and has no match; dead features are in neither list', () => {
  assert.deepEqual(onlyHere(sides.aAt, sides.aValue, 0.7, [0.1, 0.1, 0.1]), [2, 1]);
  assert.deepEqual(onlyHere(sides.aAt, sides.aValue, 0.7, [0.1, 0, 0.1]), [2]);
});

test('the density ratio is a over b, and those farthest from 1 come first', () => {
  const pairs = matchedPairs(sides, 0, false);
  const [aDensity, bDensity] = [[0.2, 0.001, 0], [0.5, 0.1]];
  const ratio = (pair: (typeof pairs)[number]): number => densityRatio(pair, aDensity, bDensity);
  assert.deepEqual(pairs.map(ratio), [2, 0.01]);
  assert.deepEqual(sortPairs(pairs, 'ratio', ratio).map(({ a }) => a), [1, 0]);
  assert.deepEqual(sortPairs(pairs, 'value', ratio).map(({ a }) => a), [0, 1]);
  assert.ok(Number.isNaN(densityRatio({ a: 2, b: 0, value: 1, mutual: true }, aDensity, bDensity)));
});

test('bins of equal width from 0 to 1', () => {
  assert.deepEqual(unitBins([0, 0.24, 0.25, 1, -0.5], 4).counts, [3, 1, 0, 1]);
});

test('labels go to features that have none, the nearest of several, and say where they came from', () => {
  const label = (index: number, text: string): [number, ShownLabelRow] => [index, { index, text, kind: 'manual', author: 'Ada' }];
  const from = new Map([label(0, 'red'), label(1, 'blue')]);
  const copies = labelCopies(matchedPairs(sides, 0, false), from, new Map(), 'theirs', 'decoder cosine');
  assert.deepEqual(copies, [{ index: 1, text: 'red', kind: 'manual', author: 'Ada', notes: 'From feature 0 of theirs (decoder cosine 0.900).' }]);
  assert.deepEqual(labelCopies(matchedPairs(sides, 0, false), from, new Map([label(1, 'known')]), 't', 'm'), []);
});
