import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyRows, eachPart, emptyParts, gatherRows, sideBySide, sliceRows, stackRows } from '../../../../src/engine/train/row-parts.ts';

const widths = { x: 2, y: 1 };
const parts = { x: Float32Array.of(1, 2, 3, 4, 5, 6), y: Float32Array.of(10, 20, 30) };

test('parts of a row go together', () => {
  assert.deepEqual(gatherRows(widths, parts, [2, 0]), { x: Float32Array.of(5, 6, 1, 2), y: Float32Array.of(30, 10) });
  const out = emptyParts(widths, 2);
  copyRows(widths, parts, 1, 1, out, 1);
  assert.deepEqual(out, { x: Float32Array.of(0, 0, 3, 4), y: Float32Array.of(0, 20) });
  assert.deepEqual(sliceRows(widths, parts, 1, 3), { x: Float32Array.of(3, 4, 5, 6), y: Float32Array.of(20, 30) });
  assert.deepEqual(stackRows(widths, [parts, gatherRows(widths, parts, [0])]), { x: Float32Array.of(1, 2, 3, 4, 5, 6, 1, 2), y: Float32Array.of(10, 20, 30, 10) });
  assert.deepEqual(Object.keys(eachPart({ x: 1, gradient: 1 }, () => new Float32Array(1))), ['x', 'gradient']);
});

test('columns stand side by side in a row', () => {
  assert.deepEqual([...sideBySide([Float32Array.of(1, 2, 3, 4), Float32Array.of(10, 20)], 2)], [1, 2, 10, 3, 4, 20]);
});
