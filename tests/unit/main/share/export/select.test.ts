import assert from 'node:assert/strict';
import { test } from 'node:test';
import { indexTest } from '../../../../../src/main/share/export/select.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { exportSelectionSchema } from '../../../../../src/shared/schema/export.ts';

const held = (text: string, upTo: number): number[] => Array.from({ length: upTo }, (_, i) => i).filter(indexTest(text));

test('ranges and single indices hold what they name, in any order and overlapping', () => {
  assert.deepEqual(held('3', 6), [3]);
  assert.deepEqual(held(' 0 - 1 , 4', 6), [0, 1, 4]);
  assert.deepEqual(held('8,2-4,0', 10), [0, 2, 3, 4, 8]);
  // The long range reaches over the short one that starts after it.
  assert.deepEqual(held('1-7,3-4', 10), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(held('5-6', 5), []);
});

test('a range that goes backwards is refused with its words', () => {
  assert.throws(() => indexTest('0-3,9-7'), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-request' && error.message.includes('"9-7"'));
});

test('every other feature of the largest dictionary is a selection, and is told apart one by one', () => {
  const indices = Array.from({ length: 65_536 }, (_, i) => 2 * i).join(',');
  assert.equal(exportSelectionSchema.parse({ indices }).indices, indices);
  const holds = indexTest(indices);
  let found = 0;
  for (let index = 0; index < 131_072; index++) found += Number(holds(index));
  assert.equal(found, 65_536);
});
