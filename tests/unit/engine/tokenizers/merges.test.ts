import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergesFromScores } from '../../../../src/engine/tokenizers/merges.ts';
import { ggufTokenizer, readReference } from '../../../support/tokenizers.ts';
import { tokenizerFromGguf } from '../../../../src/engine/tokenizers/gguf.ts';

const merge = (pieces: readonly string[], scores: readonly number[], usable = pieces.map(() => true)): string[] => mergesFromScores(pieces, scores, usable).map((pair) => pair.join('+'));

test('a piece that is two others end to end is their merge, the highest score first', () => {
  assert.deepEqual(merge(['a', 'b', 'ab', 'ba'], [0, 0, -2, -1]), ['b+a', 'a+b']);
});

test('every way to cut a piece counts, the longer left half first', () => {
  assert.deepEqual(merge(['a', 'b', 'c', 'ab', 'bc', 'abc'], [0, 0, 0, -1, -2, -3]), ['a+b', 'b+c', 'ab+c', 'a+bc']);
});

test('equal scores keep the longer halves in front, then the order of the vocabulary', () => {
  assert.deepEqual(merge(['a', 'b', 'ab', 'aa', 'aab'], [0, 0, 0, 0, 0]), ['aa+b', 'a+ab', 'a+b', 'a+a']);
});

test('pieces are cut between characters, not inside a surrogate pair', () => {
  assert.deepEqual(merge(['😀', '😁', '😀😁', '\ud83d'], [0, 0, -1, 0]), ['😀+😁']);
});

test('pieces that are no text take no part', () => {
  assert.deepEqual(merge(['<', 's', '<s'], [0, 0, -1], [true, true, false]), []);
  assert.deepEqual(merge(['<', 's', '<s'], [0, 0, -1], [false, true, true]), []);
});

test('a piece that is there twice counts once, with the score of the first', () => {
  assert.deepEqual(merge(['a', 'ab', 'b', 'ba', 'ab'], [0, -5, 0, -2, -1]), ['b+a', 'a+b']);
});

test('nothing, and pieces of nothing, have no merges', () => {
  assert.deepEqual(merge([], []), []);
  assert.deepEqual(merge(['', 'a'], [0, 0]), []);
});

test('the merges found in the reference vocabulary give the ids that its trained merges give', () => {
  const { lines, llama } = readReference();
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(llama.json.model.vocab)) tokens[id] = token;
  const types = tokens.map((token, id) => (id < 3 ? 3 : /^<0x..>$/.test(token) ? 6 : 1));
  const metadata = ggufTokenizer({ model: 'llama', tokens, token_type: types, scores: tokens.map((_, id) => -id), bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 });
  const tokenizer = tokenizerFromGguf(metadata, 'reference.gguf');
  lines.forEach((line, i) => assert.deepEqual([...tokenizer.encode(line)], llama.ids[i], JSON.stringify(line)));
});
