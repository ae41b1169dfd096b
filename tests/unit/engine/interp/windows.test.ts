import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillWindow, windowAround } from '../../../../src/engine/interp/windows.ts';

test('a window has half its tokens before the peak, and is moved to stay in the context', () => {
  // Context length 10, window 4: row 25 is position 5 of context 2.
  assert.deepEqual(windowAround(25, 10, 4), { context: 2, start: 3, length: 4, peak: 5 });
  assert.deepEqual(windowAround(20, 10, 4), { context: 2, start: 0, length: 4, peak: 0 });
  assert.deepEqual(windowAround(29, 10, 4), { context: 2, start: 6, length: 4, peak: 9 });
  assert.deepEqual(windowAround(21, 10, 64), { context: 2, start: 0, length: 10, peak: 1 });
});

test('a window holds the firings in it and none of its neighbours\'', () => {
  const out = new Float32Array(4);
  fillWindow(windowAround(25, 10, 4), 10, Int32Array.of(2, 22, 23, 26, 27, 33), Float32Array.of(9, 9, 1, 2, 9, 9), out);
  assert.deepEqual([...out], [1, 0, 0, 2]);
});
