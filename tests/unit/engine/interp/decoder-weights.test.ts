import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decoderWeights } from '../../../../src/engine/interp/decoder-weights.ts';

test('norm, sum of sizes, heads and largest coordinates of (3, -4, 0, 12)', () => {
  const weights = decoderWeights(Float32Array.of(3, -4, 0, 12), 4, 2, 3);
  assert.deepEqual([weights.weightNorm[0], weights.weightL1[0], weights.weightLow[0], weights.weightHigh[0]], [13, 19, -4, 12]);
  // Heads (3, -4) and (0, 12).
  assert.deepEqual([...weights.heads], [5, 12]);
  assert.deepEqual([[...weights.alignedIds], [...weights.alignedValues]], [[3, 1, 0], [12, -4, 3]]);
  // 50 bins of 0.32 from -4: 3 is in bin 21, 0 in bin 12, the ends in the first and the last.
  assert.deepEqual([...weights.weightHistogram.entries()].filter(([, n]) => n > 0), [[0, 1], [12, 1], [21, 1], [49, 1]]);
});

test('several rows, fewer coordinates than asked for, no heads', () => {
  const weights = decoderWeights(Float32Array.of(1, 0, 0, 2), 2, 0, 10);
  assert.deepEqual([...weights.alignedIds], [0, 1, 1, 0]);
  assert.equal(weights.heads.length, 0);
  assert.deepEqual([...weights.weightNorm], [1, 2]);
});
