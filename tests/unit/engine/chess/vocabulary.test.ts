import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chessCharacters, chessTokenizerJson, decodeChess, encodeChess } from '../../../../src/engine/chess/vocabulary.ts';
import { createTokenizer } from '../../../../src/engine/tokenizers/tokenizer.ts';
import type { TokenizerJson } from '../../../../src/engine/tokenizers/tokenizer-json.ts';

test('there are exactly 32 characters, in the order of their codes', () => {
  assert.equal(chessCharacters.length, 32);
  assert.deepEqual([...chessCharacters], [...new Set(chessCharacters)].toSorted());
});

test('encoding and decoding are inverse; a stranger is named with its place', () => {
  const text = ';1.e4 e5 2.Nf3 Nc6 3.O-O-O# gxh8=Q+';
  assert.equal(decodeChess(encodeChess(text)), text);
  assert.throws(() => encodeChess('e4 z5'), { kind: 'bad-request', message: /^character 4 is "z"/ });
  assert.throws(() => decodeChess([0, 32]), { kind: 'bad-request', message: /token 32/ });
});

test('as a tokenizer.json it gives the same ids', () => {
  const tokenizer = createTokenizer(chessTokenizerJson() as unknown as TokenizerJson, {}, 'chess');
  const text = ';1.e4 e5 2.Nf3 Nc6';
  assert.deepEqual([...tokenizer.encode(text)], [...encodeChess(text)]);
});
