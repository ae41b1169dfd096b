import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteEnd, byteTokenizerJson, decodeBytes, encodeBytes } from '../../../../../src/engine/lm/training/byte-tokenizer.ts';
import { createTokenizer } from '../../../../../src/engine/tokenizers/tokenizer.ts';
import { parseTokenizerPart, tokenizerJsonSchema } from '../../../../../src/engine/tokenizers/tokenizer-json.ts';

const tokenizer = createTokenizer(parseTokenizerPart(tokenizerJsonSchema, byteTokenizerJson(), 'bytes'), { eos_token: '<|endoftext|>' }, 'bytes');

test('the tokenizer of the written file gives the same ids as the bytes themselves', () => {
  for (const text of ['hello world', '  two  spaces\n\n\ttabs', 'Grüße — 你好 🙂', "it's 1,000%", '\u0000\u007f']) {
    assert.deepEqual(tokenizer.encode(text), encodeBytes(text), text);
    assert.equal(tokenizer.decode(encodeBytes(text)), text);
    assert.equal(decodeBytes(encodeBytes(text)), text);
  }
});

test('there are 256 bytes and one token between documents', () => {
  assert.equal(tokenizer.vocab, 257);
  assert.equal(tokenizer.eosTokenId, byteEnd);
  assert.equal(decodeBytes([104, 105, byteEnd, 33]), 'hi\n!');
  assert.equal(tokenizer.display(0xff), '\\xFF');
});
