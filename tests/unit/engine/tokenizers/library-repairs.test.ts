import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repairJson } from '../../../../src/engine/tokenizers/library-repairs.ts';
import { tokenizerJsonSchema } from '../../../../src/engine/tokenizers/tokenizer-json.ts';
import { byteLevel, smallJson, tokenizerOf } from '../../../support/tokenizers.ts';

const json = (pre: unknown): ReturnType<typeof tokenizerJsonSchema.parse> => tokenizerJsonSchema.parse({ pre_tokenizer: pre, model: { vocab: {} } });

test('digits become a split at every number of Unicode, wherever they stand', () => {
  const split = (pattern: string): object => ({ type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false });
  assert.deepEqual(repairJson(json({ type: 'Digits', individual_digits: true })).pre_tokenizer, split('\\p{N}'));
  assert.deepEqual(repairJson(json({ type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: false }, { type: 'ByteLevel' }] })).pre_tokenizer, {
    type: 'Sequence', pretokenizers: [split('\\p{N}+'), { type: 'ByteLevel' }],
  });
});

test('everything else is left as it is', () => {
  for (const pre of [null, { type: 'ByteLevel', use_regex: true }]) assert.deepEqual(repairJson(json(pre)).pre_tokenizer, pre);
});

test('a number of another script is cut off like a digit', () => {
  const vocab = { a: 0, 'Â½': 1, 'aÂ½': 2, 'Â': 3, '½': 4 };
  const tokenizer = tokenizerOf(smallJson({ vocab, merges: [['Â', '½'], ['a', 'Â½']] }, { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] } }));
  assert.deepEqual([...tokenizer.encode('a½')], [0, 1]);
});

test('a model without a type that has merges is BPE, and one without merges is left to the library', () => {
  assert.deepEqual([...tokenizerOf(smallJson({ type: undefined })).encode('ab a')], [2, 3, 0]);
  assert.equal(repairJson(tokenizerJsonSchema.parse({ model: { vocab: [['a', 0]] } })).model.type, undefined);
});

test('a byte order mark within a text is decoded as the character that it is', () => {
  const tokenizer = tokenizerOf(smallJson({ vocab: { a: 0, 'ï': 1, '»': 2, '¿': 3 }, merges: [] }));
  for (const text of ['\ufeff', '\ufeffa', 'a\ufeffa']) assert.equal(tokenizer.decode(tokenizer.encode(text)), text, JSON.stringify(text));
});
