import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLinear, rangeOf } from '../../../../src/engine/interp/linear-histogram.ts';

test('bins of equal width hold both ends: -1, 0, 0.9 and 1 in four bins', () => {
  const values = Float32Array.of(-1, 0, 0.9, 1);
  const counts = new Int32Array(4);
  assert.deepEqual(rangeOf(values), { low: -1, high: 1 });
  addLinear(values, rangeOf(values), counts);
  assert.deepEqual([...counts], [1, 0, 1, 2]);
});

test('values that are all the same are in the first bin; none have the range 0 to 0', () => {
  const counts = new Int32Array(3);
  addLinear(Float32Array.of(2, 2), { low: 2, high: 2 }, counts);
  assert.deepEqual([...counts], [2, 0, 0]);
  assert.deepEqual(rangeOf(new Float32Array(0)), { low: 0, high: 0 });
});
