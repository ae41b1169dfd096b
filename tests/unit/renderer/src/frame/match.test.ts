import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchScore } from '../../../../../src/renderer/src/frame/match.ts';

test('every word must occur, in any order', () => {
  assert.equal(matchScore('Go to Features', 'heads'), null);
  assert.notEqual(matchScore('Go to Features', 'feat go'), null);
});

test('the start of a word beats its middle, an early place a late one', () => {
  assert.ok(matchScore('Label this feature', 'lab')! > matchScore('Relabel', 'lab')!);
  assert.ok(matchScore('Label this feature', 'label')! > matchScore('Undo the label', 'label')!);
});

test('signs of patterns are plain text', () => {
  assert.equal(matchScore('abc', 'a.c'), null);
  assert.notEqual(matchScore('what (now)?', '(now)?'), null);
});
