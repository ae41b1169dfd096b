import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trainBpe, wordsOf } from '../../../../src/engine/tokenizers/bpe-train.ts';

test('the pair that stands most often is merged first, then what it makes', () => {
  // ab stands 6 times in 5 + 1 words, bc 1; then "ab" has no pair that stands twice but with d: abd 3
  const { tokens, merges } = trainBpe(new Map([['ab', 2], ['abd', 3], ['abc', 1]]), 300);
  assert.deepEqual(merges, [['a', 'b'], ['ab', 'd']]);
  assert.deepEqual(tokens.slice(256), ['ab', 'abd']);
});

test('equal counts go by the lower ids, and nothing that stands once is merged', () => {
  assert.deepEqual(trainBpe(new Map([['yz', 2], ['ab', 2]]), 300).merges, [['a', 'b'], ['y', 'z']]);
  assert.deepEqual(trainBpe(new Map([['abcdef', 1]]), 300).merges, []);
});

test('a run of one letter is merged from the left', () => {
  // aaaaa: (a a) stands four times; [aa][aa][a] leaves (aa aa) and (aa a), twice each over two words: the lower second id, a, first
  const { merges } = trainBpe(new Map([['aaaaa', 2]]), 258);
  assert.deepEqual(merges, [['a', 'a'], ['aa', 'a']]);
});

test('the size is kept, bytes are always there, and a space belongs to its word', () => {
  assert.equal(trainBpe(new Map([['abcabcabc', 5]]), 257).tokens.length, 257);
  assert.equal(trainBpe(new Map(), 10).tokens.length, 256);
  assert.deepEqual(wordsOf("the cat's  mat\n"), ['the', ' cat', "'s", ' ', ' mat', '\n']);
});
