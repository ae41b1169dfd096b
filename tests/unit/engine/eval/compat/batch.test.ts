import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedBatch, Means, rowSum, sumOf } from '../../../../../src/engine/eval/compat/batch.ts';

test('rows that do not count are left out, and the rest is worked by hand', () => {
  const codes = { rows: 3, width: 2, indices: Int32Array.of(0, 2, 1, 0, 2, 0), values: Float32Array.of(1, -2, 9, 9, 3, 0) };
  const batch = countedBatch({ x: Float32Array.of(1, 2, 50, 50, 3, 0), y: Float32Array.of(1, 1, 0, 0, 2, 0), codes, d: 2, mask: Uint8Array.of(1, 0, 1) });
  // rows (1, 2) and (3, 0) with mean (2, 1): deviations 1 + 1 each; errors (0, 1) and (1, 0)
  assert.deepEqual([batch.rows, ...batch.xx, ...batch.yy, ...batch.xy, ...batch.ee, ...batch.deviation], [2, 5, 9, 2, 4, 3, 6, 1, 1, 2, 2]);
  assert.deepEqual([[...batch.l0], [...batch.l1], [...batch.sum], [...batch.errorSum]], [[2, 1], [3, 3], [4, 2], [1, 1]]);
  assert.deepEqual(batch.fired, { indices: [0, 2, 2], values: [1, -2, 3] });
  assert.deepEqual([sumOf(batch.xx), rowSum(batch, (row) => batch.l1[row]! * 2)], [14, 12]);
});

test('means are taken over what was counted', () => {
  const means = new Means();
  means.add('a', 6, 2);
  means.add('a', 3, 1);
  assert.deepEqual(means.result(), { a: 3 });
});
