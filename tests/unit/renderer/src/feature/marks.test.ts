import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Marks } from '../../../../../src/renderer/src/feature/marks.ts';

test('a feature is marked and unmarked; extending starts from the one that was touched last', () => {
  const marks = new Marks();
  marks.toggle(9);
  marks.toggle(3);
  assert.deepEqual([...marks.indices()], [3, 9]);
  assert.deepEqual([marks.size, marks.anchor, marks.head, marks.has(9), marks.has(4)], [2, 3, 3, true, false]);
  marks.toggle(9);
  assert.deepEqual([...marks.indices()], [3]);
  assert.equal(marks.anchor, 9);
});

test('an extension takes the place of the last one from its anchor, and leaves what was marked before', () => {
  const marks = new Marks();
  // Rows in the order of the table: 5 8 1 7 2.
  marks.toggle(1);
  marks.toggle(5);
  marks.extend([5, 8, 1, 7]);
  assert.deepEqual([...marks.indices()], [1, 5, 7, 8]);
  assert.deepEqual([marks.anchor, marks.head], [5, 7]);
  // Back by two: 7 and 1 leave the run, but 1 had been marked on its own.
  marks.extend([5, 8]);
  assert.deepEqual([...marks.indices()], [1, 5, 8]);
  marks.extend([5]);
  assert.deepEqual([...marks.indices()], [1, 5]);
});

test('an extension from another anchor keeps the one before', () => {
  const marks = new Marks();
  marks.startFrom(0);
  assert.equal(marks.size, 0);
  marks.extend([0, 1, 2]);
  marks.startFrom(10);
  marks.extend([10, 9]);
  assert.deepEqual([...marks.indices()], [0, 1, 2, 9, 10]);
  marks.extend([10, 11]);
  assert.deepEqual([...marks.indices()], [0, 1, 2, 10, 11]);
  marks.extend([]);
  assert.equal(marks.size, 5);
});

test('a run that starts elsewhere than at the anchor is an extension of its own: the anchor is not in the list any more', () => {
  const marks = new Marks();
  marks.toggle(4);
  marks.extend([4, 6]);
  marks.extend([8]);
  assert.deepEqual([...marks.indices()], [4, 6, 8]);
  assert.equal(marks.anchor, 8);
});

test('many are added in one step, none twice, and all go together', () => {
  const marks = new Marks();
  marks.toggle(2);
  marks.extend([2, 3]);
  marks.add(Int32Array.from({ length: 131_072 }, (_, i) => 131_071 - i));
  assert.equal(marks.size, 131_072);
  assert.deepEqual([...marks.indices().subarray(0, 3)], [0, 1, 2]);
  // What was added is no part of the extension.
  marks.extend([2]);
  assert.equal(marks.size, 131_072);
  marks.clear();
  assert.deepEqual([marks.size, marks.anchor, marks.head, marks.indices().length], [0, null, null, 0]);
});
