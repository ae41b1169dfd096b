import assert from 'node:assert/strict';
import { test } from 'node:test';
import { majority, tokenClass } from '../../../../src/engine/interp/token-class.ts';

test('a token is what its text says', () => {
  const cases = {
    digit: ['7', ' 42', '1,000', ' 3.5', '٣'], capitalised: [' The', 'Paris', ' É'], punctuation: ['.', ' ("', '$', '<|', ' ...'], whitespace: [' ', '\n', '\n\n  ', '\t', ''],
    word: [' the', ' naïve', " don't"], suffix: ['ing', 'able'], other: ['\\xE2', 'a1', ' x=', ' 1st'],
  } as const;
  for (const [expected, texts] of Object.entries(cases)) for (const text of texts) assert.equal(tokenClass(text, false), expected, JSON.stringify(text));
});

test('a special token is special whatever its text', () => {
  assert.equal(tokenClass('\n', true), 'special');
});

test('more than half decide; half is mixed', () => {
  assert.equal(majority(['word', 'word', 'digit']), 6);
  assert.equal(majority(['digit', 'digit']), 1);
  assert.equal(majority(['word', 'digit']), 0);
  assert.equal(majority([]), 0);
});
