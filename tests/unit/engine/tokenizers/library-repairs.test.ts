import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repairJson } from '../../../../src/engine/tokenizers/library-repairs.ts';
import { tokenizerJsonSchema } from '../../../../src/engine/tokenizers/tokenizer-json.ts';

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
