import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteLevel, readReference, smallJson, tokenizerOf } from '../../../support/tokenizers.ts';

const refused = (model: Record<string, unknown>, rest: Record<string, unknown>, message: RegExp, kind = 'bad-file'): void => assert.throws(() => tokenizerOf(smallJson(model, rest)), { kind, message });

test('merges in both spellings are good, and a line with their version', () => {
  for (const merges of [[['a', 'b']], ['a b'], ['#version: 0.2', 'a b']]) assert.deepEqual([...tokenizerOf(smallJson({ merges })).encode('ab')], [2], JSON.stringify(merges));
});

test('a merge of tokens that do not exist, or into one, is refused instead of losing text later', () => {
  refused({ merges: [['a', 'b'], ['x', 'a']] }, {}, /tokenizer\.json: model\.merges\.1 names "x", which is no token/);
  refused({ merges: [['a', 'a']] }, {}, /model\.merges\.0 names "aa"/);
  refused({ merges: ['b a'] }, {}, /model\.merges\.0 names "ba"/);
  refused({ merges: [['a', 'constructor']] }, {}, /"constructor"/);
});

test('with a prefix for pieces inside a word, a merge leaves it out', () => {
  assert.doesNotThrow(() => tokenizerOf(smallJson({ continuing_subword_prefix: '##', vocab: { a: 0, '##b': 1, ab: 2 }, merges: [['a', '##b']] }, { added_tokens: [] })));
});

test('merges that are not pairs of texts are refused', () => {
  for (const merges of [null, {}, 'a b']) refused({ merges }, {}, /model\.merges is no list/);
  for (const merge of ['ab', 'a b ab', ' a', 7, null, ['a'], ['a', {}], ['a', '']]) refused({ merges: [merge] }, {}, /model\.merges\.0 is not two pieces/);
});

test('an unknown type of model is unsupported, an empty vocabulary bad', () => {
  refused({ type: 'WordLevel' }, {}, /"WordLevel".*BPE, Unigram, WordPiece/, 'unsupported');
  refused({ vocab: {}, merges: [] }, {}, /vocabulary is empty/);
});

test('components without a type, and lists of them that are none, are refused', () => {
  for (const part of [null, 5, 'x', {}, { type: 1 }]) refused({}, { decoder: { type: 'Sequence', decoders: [part] } }, /decoder has a part without a type/);
  refused({}, { decoder: { type: 'Sequence', decoders: 'abc' } }, /decoder\.decoders is no list/);
  refused({}, { normalizer: { type: 'Sequence', normalizers: { length: 1 } } }, /normalizer\.normalizers is no list/);
});

test('a Split or Replace without a pattern, which would swallow all text, is refused', () => {
  refused({}, { pre_tokenizer: { type: 'Split', behavior: 'Isolated' } }, /pre_tokenizer: Split has no pattern/);
  refused({}, { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Other: 'x' } }, byteLevel] } }, /Split has no pattern/);
  refused({}, { normalizer: { type: 'Replace', pattern: null, content: '' } }, /normalizer: Replace has no pattern/);
});

test('components nested without end are refused before they fill the stack', () => {
  const deep = 20_000;
  const text = `${'{"type":"Sequence","pretokenizers":['.repeat(deep)}${']}'.repeat(deep)}`;
  refused({}, { pre_tokenizer: JSON.parse(text) as unknown }, /nested more than 16 deep/);
  refused({}, { padding: JSON.parse('['.repeat(deep) + ']'.repeat(deep)) as unknown }, /cannot be used as a tokenizer/);
});

test('the tokenizers of the references pass, and one broken merge in them is found', () => {
  const { gpt2, llama } = readReference();
  for (const { json, config } of [gpt2, llama]) assert.doesNotThrow(() => tokenizerOf(json, config));
  const merges = gpt2.json.model.merges.with(100, ['Ġ', 'no-such-piece']);
  assert.throws(() => tokenizerOf({ ...gpt2.json, model: { ...gpt2.json.model, merges } }), { kind: 'bad-file', message: /model\.merges\.100 names "no-such-piece"/ });
});
