import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMatch, markRuns, matchScore } from '../../../../../src/renderer/src/frame/match.ts';

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

test('letters in order are found from the start of a word, after every whole word', () => {
  assert.deepEqual(findMatch('Switch to light', 'stl')?.at, [0, 7, 10]);
  assert.equal(findMatch('Switch to light', 'wtl'), null, 'w starts no word');
  assert.equal(findMatch('Switch to light', 'z'), null);
  assert.ok(matchScore('Go to Settings', 'set')! > matchScore('Show the engine table', 'set')!);
  assert.equal(findMatch('alpha is far, far from any known hub', 'ab'), null, 'too far apart to be meant');
});

test('what was found is marked, run by run', () => {
  const { at } = findMatch('Label this', 'this la')!;
  assert.deepEqual(markRuns('Label this', at), [{ text: 'La', found: true }, { text: 'bel ', found: false }, { text: 'this', found: true }]);
});
