import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linearCorrelation, rankCorrelation, ranks } from '../../../../src/engine/eval/rank-correlation.ts';

test('tied values share their mean rank', () => {
  assert.deepEqual([...ranks([10, 30, 10, 20])], [1.5, 4, 1.5, 3]);
});

test('a monotone map gives 1, its reverse -1, a case by hand in between', () => {
  assert.equal(rankCorrelation([1, 5, 2, 9], [1, 25, 4, 81]), 1);
  assert.equal(rankCorrelation([1, 5, 2, 9], [-1, -25, -4, -81]), -1);
  // ranks 1 2 3 4 and 2 1 4 3: 1 - 6 * 4 / (4 * 15) = 0.6
  assert.ok(Math.abs(rankCorrelation([1, 2, 3, 4], [2, 1, 4, 3]) - 0.6) < 1e-12);
  assert.equal(rankCorrelation([1, 1, 1], [1, 2, 3]), 0);
});

test("Pearson's correlation of a case by hand", () => {
  // deviations -1 0 1 and -1 -1 2: 3 / sqrt(2 * 6)
  assert.ok(Math.abs(linearCorrelation([1, 2, 3], [0, 0, 3]) - 3 / Math.sqrt(12)) < 1e-12);
  assert.equal(linearCorrelation(Float32Array.of(1, 2), [5, 5]), 0);
  assert.equal(linearCorrelation([], []), 0);
});
