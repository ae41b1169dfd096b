import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeHits } from '../../../../src/main/explore/search.ts';

const word = (index: number) => ({ index, context: null, label: `label ${index}`, snippet: `label ${index}`, marks: [[0, 5]] as [number, number][] });
const near = (feature: number, cosine: number, label: string | null = null) => ({ feature, kind: 'examples' as const, cosine, label, words: 'some words' });

test('what the words found comes first, each feature once, with its nearness', () => {
  const hits = mergeHits([word(3), word(1)], [near(5, 0.9), near(1, 0.8, 'label 1')], 10);
  assert.deepEqual(hits.map(({ index, match, cosine }) => [index, match, cosine]), [[3, 'words', null], [1, 'words', 0.8], [5, 'meaning', 0.9]]);
  assert.equal(hits[2]!.text, 'some words');
});

test('what says something else is left out, and so is what does not fit', () => {
  assert.deepEqual(mergeHits([], [near(1, 0.5, 'rivers'), near(2, 0.1)], 10).map(({ index, text }) => [index, text]), [[1, 'rivers']]);
  assert.equal(mergeHits([word(1), word(2)], [near(3, 0.9)], 2).length, 2);
});
