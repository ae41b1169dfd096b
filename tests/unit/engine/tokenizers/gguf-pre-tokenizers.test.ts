import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteCharacters } from '../../../../src/engine/tokenizers/bytes.ts';
import { preTokenizerOf } from '../../../../src/engine/tokenizers/gguf-pre-tokenizers.ts';
import { byteLevel, tokenizerOf } from '../../../support/tokenizers.ts';

/**
 * Where `name` cuts: every byte is a token, and each byte merges with each piece before it, so that one token comes out of each part.
 * Works for texts of few characters.
 */
function parts(name: string, text: string): string[] {
  const units = [...new Set(Buffer.from(text))].map((byte) => byteCharacters[byte]!);
  const merges: [string, string][] = [];
  const stream = [...Buffer.from(text)].map((byte) => byteCharacters[byte]!);
  for (let length = 2; length <= stream.length; length++) {
    for (let at = 0; at + length <= stream.length; at++) merges.push([stream.slice(at, at + length - 1).join(''), stream[at + length - 1]!]);
  }
  const tokens = [...new Set([...units, ...merges.map(([left, right]) => left + right)])];
  const unique = [...new Map(merges.map((merge) => [merge.join(' '), merge])).values()];
  const tokenizer = tokenizerOf({ pre_tokenizer: preTokenizerOf(name, 'm.gguf'), decoder: byteLevel, model: { type: 'BPE', ignore_merges: true, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges: unique } });
  return [...tokenizer.encode(text)].map((id) => tokenizer.display(id));
}

test('gpt-2 keeps a space with its word, and digits together', () => {
  assert.deepEqual(parts('gpt-2', "it's 2024  ok"), ['it', "'s", ' 2024', ' ', ' ok']);
  assert.deepEqual(preTokenizerOf('default', 'm.gguf'), preTokenizerOf('gpt-2', 'm.gguf'));
});

test('smollm cuts off each digit first, other scripts\' digits too', () => {
  assert.deepEqual(parts('smollm', 'a 12b'), ['a', ' ', '1', '2', 'b']);
  assert.deepEqual(parts('smollm', 'x½²'), ['x', '½', '²']);
});

test('llama-bpe keeps at most three digits together, qwen2 one', () => {
  assert.deepEqual(parts('llama-bpe', 'a 1234'), ['a', ' ', '123', '4']);
  assert.deepEqual(parts('qwen2', 'a 12'), ['a', ' ', '1', '2']);
});

test('llama-bpe cuts contractions in capitals and takes newlines with what is before them', () => {
  assert.deepEqual(parts('llama-bpe', "I'LL go.\n\nx"), ['I', "'LL", ' go', '.\n\n', 'x']);
});

test('an unknown name is refused with the nearest known one', () => {
  assert.throws(() => preTokenizerOf('llama-bep', 'm.gguf'), { kind: 'unsupported', message: /m\.gguf.*"llama-bep".*nearest is llama-bpe/ });
  assert.throws(() => preTokenizerOf('tekken', 'm.gguf'), { kind: 'unsupported', message: /Known: default, gpt-2/ });
  for (const name of ['', 'constructor', '__proto__', 'toString']) assert.throws(() => preTokenizerOf(name, 'm.gguf'), { kind: 'unsupported' });
});
