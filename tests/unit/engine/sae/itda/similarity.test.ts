import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jaccard, labelKeys, layerMatching, layerSimilarities, modelKeys } from '../../../../../src/engine/sae/itda/similarity.ts';

const keys = (...pairs: number[]): ReturnType<typeof labelKeys> => labelKeys(pairs);

test('S counts keys in both over keys in either', () => {
  // {(0,1), (0,2), (3,1)} and {(0,2), (3,1), (1,0)}: 2 of 4
  const [a, b] = [keys(0, 1, 0, 2, 3, 1), keys(0, 2, 3, 1, 1, 0)];
  assert.equal(jaccard(a, b), 0.5);
  assert.equal(jaccard(a, a), 1);
  assert.equal(jaccard(a, keys(1, 0)), 0, '(1, 0) is not (0, 1)');
  assert.equal(jaccard(keys(), keys()), 1);
  assert.deepEqual(layerSimilarities([a, b], [b]), [[0.5], [1]]);
  assert.equal(modelKeys([a, b]).size, 4);
});

test('layers match where their own number is the most similar', () => {
  const [a, b, c] = [keys(0, 1, 0, 2), keys(1, 1, 1, 2), keys(1, 1, 1, 2, 1, 3)];
  assert.equal(layerMatching([[a, b], [a, c]]), 1);
  assert.equal(layerMatching([[a, b], [b, a]]), 0);
  // a matches a; of b and d, the second model's d has nothing of b and the first layer has: tie at 0 goes to layer 0
  assert.equal(layerMatching([[a, b], [a, keys(9, 9)]]), 0.5);
});

test('labels that are none, and counts of layers that differ, are refused', () => {
  assert.throws(() => labelKeys([1]), { kind: 'mismatch' });
  assert.throws(() => labelKeys([1, -1]), { kind: 'mismatch' });
  assert.throws(() => labelKeys([0.5, 1]), { kind: 'mismatch' });
  assert.throws(() => layerMatching([[keys()]]), { kind: 'bad-request' });
  assert.throws(() => layerMatching([[keys()], [keys(), keys()]]), { kind: 'bad-request' });
});
