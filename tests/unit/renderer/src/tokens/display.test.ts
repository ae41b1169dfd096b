import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine, pieces, plainText, quoted } from '../../../../../src/renderer/src/tokens/display.ts';

test('a leading space is a mark of its own, an inner one is text', () => {
  assert.deepEqual(pieces(' the end'), [{ kind: 'space', shown: ' ' }, { kind: 'text', shown: 'the end' }]);
});

test('newlines, tabs and control characters are shown', () => {
  assert.deepEqual(pieces('a\n\tb\u0000').map((piece) => piece.shown), ['a', '↵', '⇥', 'b', '\\x00']);
});

test('characters that draw nothing or turn text round are shown by their number', () => {
  assert.deepEqual(pieces('a\u200bb\u202ec').map((piece) => piece.shown), ['a', '\\u{200b}', 'b', '\\u{202e}', 'c']);
});

test('markup is text like any other', () => {
  assert.deepEqual(pieces('<b>'), [{ kind: 'text', shown: '<b>' }]);
});

test('whole emoji stay whole', () => {
  assert.equal(oneLine('🙂 ok\n'), '🙂 ok↵');
});

test('in quotes a leading space is a dot', () => {
  assert.equal(quoted(' move'), '·move');
});

test('plain text is the tokens, with << >> around each run that fires', () => {
  const tokens = ['He', ' moved', ' away', ' from', ' here'];
  assert.equal(plainText(tokens, [0, 2, 1, 0, 0.5], false), 'He moved away from here');
  assert.equal(plainText(tokens, [0, 2, 1, 0, 0.5], true), 'He<< moved away>> from<< here>>');
});
