import assert from 'node:assert/strict';
import { test } from 'node:test';
import { historyWords, mergedWords, takeBackWords, whyNot } from '../../../../../src/renderer/src/share/merge-words.ts';
import type { MergeRecord } from '../../../../../src/shared/schema/share.ts';

const record: MergeRecord = { id: 2, name: 'ben.loupe', author: 'Ada', createdAt: '2026-03-04T10:05:00Z', undoneAt: null, summary: { labels: 3 }, later: null };

test('what came in is told, and nothing of what did not', () => {
  assert.equal(mergedWords({ labels: 3 }), '3 labels came in');
  assert.equal(mergedWords({ labels: 1, undone: 1, sources: 2, comments: 1, scores: 4, lists: 0 }), '1 label came in, 1 label of yours went into the history, 2 sources added, 5 other rows');
  assert.equal(mergedWords({ labels: 0, undone: 2 }), '2 labels of yours went into the history');
  assert.equal(mergedWords({}), '0 labels came in');
});

test('how many merges there are, and how many of them stand', () => {
  const [stands, gone] = [{ undoneAt: null }, { undoneAt: 't' }];
  assert.equal(historyWords([stands]), '1 merge, which stands');
  assert.equal(historyWords([gone]), '1 merge, taken back');
  assert.equal(historyWords([stands, stands]), '2 merges, all of them stand');
  assert.equal(historyWords([stands, gone, gone]), '3 merges, 1 of them stands');
  assert.equal(historyWords([gone, gone]), '2 merges, none of them stands');
});

test('before it is taken back, what would go is told', () => {
  assert.equal(takeBackWords({ summary: { labels: 3, undone: 1 } }), 'What it brought goes: 3 labels. 1 label of yours that it put aside counts again. Its file can be merged in again.');
  assert.match(takeBackWords({ summary: { labels: 2, sources: 1, reviews: 1 } }), /^What it brought goes: 2 labels and 1 other row\. 1 source that it added goes with every label/);
  assert.equal(takeBackWords({ summary: {} }), 'Its file can be merged in again.');
});

test('a reason is given where it cannot be taken back', () => {
  assert.equal(whyNot(record, [record], false), null);
  assert.match(whyNot(record, [record], true)!, /read-only/);
  const later = { ...record, id: 5, name: 'eve.loupe' };
  const behind = { ...record, later: { id: 5, name: 'eve.loupe' } };
  assert.match(whyNot(behind, [later, behind], false)!, /^Take back eve\.loupe of .+ first: it changed some of the same rows\.$/);
  assert.match(whyNot(behind, [behind], false)!, /eve\.loupe \(merge 5\) first/);
});
