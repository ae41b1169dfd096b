import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseAll, choiceOf, decided, mergeTitle, shownChanges } from '../../../../../src/renderer/src/share/conflicts.ts';
import type { MergeChange } from '../../../../../src/shared/schema/share.ts';

const side = (text: string, author: string): MergeChange['mine'] => ({ text, author, kind: 'manual', confidence: null, notes: '', createdAt: 't' });
const changes: readonly MergeChange[] = [
  { source: 1, index: 4, status: 'conflict', mine: side('red', 'Ada'), theirs: side('blue', 'Ben'), suggested: null },
  { source: 1, index: 7, status: 'conflict', mine: side('a guess', ''), theirs: side('rivers', 'Ben'), suggested: 'theirs' },
  { source: 1, index: 9, status: 'new', mine: null, theirs: side('green', 'Eve'), suggested: null },
];

test('a conflict is open until somebody decides; a proposal counts, and what is no conflict is joined', () => {
  assert.deepEqual(changes.map((change) => choiceOf(change, {})), [null, 'theirs', 'both']);
  assert.deepEqual(shownChanges(changes, { status: 'open', text: '' }, {}).map(({ index }) => index), [4]);
  assert.deepEqual(shownChanges(changes, { status: 'open', text: '' }, { '1/4': 'mine' }), []);
});

test('a filter finds words of both labels, authors and numbers', () => {
  const shown = (text: string): number[] => shownChanges(changes, { status: 'all', text }, {}).map(({ index }) => index);
  assert.deepEqual([shown('BLUE'), shown('ben'), shown('9'), shown('none of these')], [[4], [4, 7], [9], []]);
  assert.deepEqual(shownChanges(changes, { status: 'new', text: '' }, {}).map(({ index }) => index), [9]);
});

test('what is sent is what differs from what happens by itself', () => {
  assert.deepEqual(decided(changes, {}), { '1/7': 'theirs' });
  assert.deepEqual(decided(changes, chooseAll({}, changes, 'mine')), { '1/4': 'mine', '1/7': 'mine', '1/9': 'mine' });
  assert.deepEqual(decided(changes, chooseAll({}, changes, 'both')), { '1/4': 'both', '1/7': 'both' });
});

test('the button says what it does', () => {
  assert.equal(mergeTitle(312, 0, 0), 'Merge 312 labels');
  assert.equal(mergeTitle(1, 2, 1), 'Merge 1 source, 1 label, 2 other rows');
  assert.equal(mergeTitle(0, 0, 0), 'Nothing to merge');
});
