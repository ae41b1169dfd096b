import assert from 'node:assert/strict';
import { test } from 'node:test';
import { polesOf } from '../../../../src/engine/interp/poles.ts';

test('firings of both signs are parted in order, without their sign', () => {
  const { above, below } = polesOf(Int32Array.of(1, 4, 6, 9), Float32Array.of(2, -1, 3, -5));
  assert.deepEqual([[...above.rows], [...above.sizes]], [[1, 6], [2, 3]]);
  assert.deepEqual([[...below!.rows], [...below!.sizes]], [[4, 9], [1, 5]]);
});

test('firings above 0 alone are not copied', () => {
  const [rows, values] = [Int32Array.of(1), Float32Array.of(2)];
  const { above, below } = polesOf(rows, values);
  assert.equal(below, null);
  assert.ok(above.rows === rows && above.sizes === values);
});
