import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apportion, histogramOf, intervalCounts, intervalOf, intervalPlace, meanOf } from '../../../../../src/main/share/neuronpedia/counts.ts';

test('shares become whole counts that add up', () => {
  // 10 by 1/3 each: 3.33 each; the first of equal remainders is rounded up.
  assert.deepEqual([...apportion([1, 1, 1], 10)], [4, 3, 3]);
  assert.deepEqual([...apportion([2, 3, 5], 10)], [2, 3, 5]);
  assert.deepEqual([...apportion([0, 0], 7)], [0, 7]);
});

test('bins that are equal in log10 stay; others are counted anew by their centres', () => {
  const centres = Array.from({ length: 50 }, (_, i) => 10 ** (-1 + (i + 0.5) / 25));
  const heights = centres.map((_, i) => (i === 10 ? 3 : 0));
  const kept = histogramOf(centres, heights, 3);
  assert.ok(Math.abs(kept.low + 1) < 1e-9 && Math.abs(kept.high - 1) < 1e-9);
  assert.deepEqual([kept.counts[10], kept.counts.reduce((a, b) => a + b)], [3, 3]);
  // Centres 1 and 100 with 1 and 3 of 4 firings: the ends of a range from 10^0 to 10^2.
  const counted = histogramOf([1, 100], [0.25, 0.75], 4);
  assert.deepEqual([counted.low, counted.high, counted.counts[0], counted.counts[49]], [0, 2, 1, 3]);
});

test('without a histogram all firings lie in one bin of no width', () => {
  const { low, high, counts } = histogramOf([], [], 5);
  assert.deepEqual([low, high, counts[49]], [0, 0, 5]);
});

test('intervals: the highest first, an interval holds its upper end', () => {
  assert.deepEqual([10, 8.1, 8, 6, 0.1, 0].map((value) => intervalOf(value, 10)), [0, 0, 1, 2, 4, 4]);
  assert.deepEqual([[8, 10], [0, 2], [2, 4]].map(([low, high]) => intervalPlace(low!, high!)), [0, 4, 3]);
});

test('counts by interval are those that examples tell, where they add up, else those of the histogram', () => {
  const histogram = histogramOf([1, 100], [1, 3], 4);
  assert.deepEqual([...intervalCounts(Float64Array.of(0.5, 0.5, Number.NaN, 0, 0), histogram, 4, 100)], [2, 2, 0, 0, 0]);
  assert.deepEqual([...intervalCounts(Float64Array.of(0.5, Number.NaN, 0, 0, 0), histogram, 4, 100)], [3, 0, 0, 0, 1]);
  assert.deepEqual([...intervalCounts(null, histogram, 4, 100)], [3, 0, 0, 0, 1]);
});

test('the mean of a histogram is that of the middles of its bins, at most the maximum', () => {
  // 50 bins from 10^0 to 10^2: the middle of the last is 10^1.98.
  const histogram = histogramOf([1, 100], [0, 1], 2);
  assert.equal(meanOf(histogram, 2, 100), 100);
  assert.equal(meanOf(histogramOf([1, 100], [1, 1], 2), 2, 100), (10 ** 0.02 + 10 ** 1.98) / 2);
  assert.equal(meanOf(histogram, 0, 0), 0);
});
