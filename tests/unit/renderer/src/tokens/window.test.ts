import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charactersBeside, tokensAround } from '../../../../../src/renderer/src/tokens/window.ts';

test('each side gets tokens until it is full, and no more than the text has', () => {
  const tokens = ['one', ' two', ' three', ' four', ' five', ' six'];
  assert.deepEqual(tokensAround(tokens, 3, 6), [2, 5]);
  assert.deepEqual(tokensAround(tokens, 3, 7), [1, 5]);
  assert.deepEqual(tokensAround(tokens, 0, 3), [0, 1]);
  assert.deepEqual(tokensAround(tokens, 5, 1000), [0, 6]);
  assert.deepEqual(tokensAround([], 0, 10), [0, 0]);
});

test('a mark counts as what is drawn for it', () => {
  assert.deepEqual(tokensAround(['a', '\u0001', 'b'], 2, 4), [1, 3]);
  assert.deepEqual(tokensAround(['a', '\u0001', 'b'], 2, 5), [0, 3]);
});

test('a wide row has room for more, an unknown one for a usual screen', () => {
  assert.equal(charactersBeside(1200), 100);
  assert.ok(charactersBeside(600) < charactersBeside(1200));
  assert.equal(charactersBeside(0), 100);
});
