import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addHistogram, addIntervals, figuresOf, intervalOf } from '../../../../src/engine/interp/feature-figures.ts';

test('figures of 1, 10 and 100', () => {
  assert.deepEqual(figuresOf(Float32Array.of(10, 1, 100)), { firings: 3, max: 100, mean: 37, low: 0, high: 2 });
  assert.deepEqual(figuresOf(new Float32Array(0)), { firings: 0, max: 0, mean: 0, low: 0, high: 0 });
});

test('the histogram is equal in log10: 1 in the first of 50 bins, 10 in the middle, 100 in the last', () => {
  const values = Float32Array.of(1, 10, 100, 100);
  const counts = new Int32Array(50);
  addHistogram(values, figuresOf(values), counts);
  assert.deepEqual([counts[0], counts[25], counts[49], counts.reduce((a, b) => a + b)], [1, 1, 2, 4]);
});

test('activations that are all the same are in one bin', () => {
  const values = Float32Array.of(3, 3);
  const counts = new Int32Array(50);
  addHistogram(values, figuresOf(values), counts);
  assert.equal(counts[0], 2);
});

test('an interval holds its upper end: of (0, 10], 10 and 8.1 are in the highest fifth, 8 in the next', () => {
  assert.deepEqual([10, 8.1, 8, 2, 0.1].map((value) => intervalOf(value, 10, 5)), [0, 0, 1, 4, 4]);
  const counts = new Int32Array(5);
  addIntervals(Float32Array.of(10, 8, 1), 10, counts);
  assert.deepEqual([...counts], [1, 1, 0, 0, 1]);
});
