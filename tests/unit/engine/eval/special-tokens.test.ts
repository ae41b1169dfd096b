import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SequenceErrors, templateMask, templateTokens } from '../../../../src/engine/eval/special-tokens.ts';
import { fakeTokenizer } from '../../../support/fake-model.ts';

test('one sequence of 2 tokens and one of 2,000: the mean over sequences is not the mean over tokens', () => {
  const errors = new SequenceErrors(2);
  // Errors of 3 in both dimensions on the short one: 9 a dimension; of 1 on the long one: 1.
  const sequences = Int32Array.from({ length: 2002 }, (_, row) => Number(row >= 2));
  const x = Float32Array.from({ length: 4004 }, (_, i) => (i < 4 ? 3 : 1));
  errors.add(x.subarray(0, 2004), new Float32Array(2004), sequences.subarray(0, 1002));
  errors.add(x.subarray(2004), new Float32Array(2000), sequences.subarray(1002));
  const { sequenceMean, tokenMean, sequences: count, tokens } = errors.result();
  assert.equal(sequenceMean, 5); // (9 + 1) / 2
  assert.ok(Math.abs(tokenMean - (2 * 9 + 2000 * 1) / 2002) < 1e-12);
  assert.deepEqual([count, tokens], [2, 2002]);
});

test('padding and masked rows count nowhere, and a sequence without rows is no sequence', () => {
  const errors = new SequenceErrors(1);
  errors.add(Float32Array.of(1, 2, 100, 3), new Float32Array(4), Int32Array.of(0, 0, -1, 1), Uint8Array.of(1, 0, 1, 0));
  assert.deepEqual(errors.result(), { sequenceMean: 1, tokenMean: 1, sequences: 1, tokens: 1 });
});

test('the template\'s tokens are its special ones, and role names right behind them', () => {
  // <1>user\na<2>\n<1>assistant\nb<2>: each role name is one token here.
  const ids: Readonly<Record<string, number>> = { user: 100, assistant: 101 };
  const encode = (text: string): Int32Array => Int32Array.from(text.match(/user|assistant|[\s\S]/gu) ?? [], (part) => ids[part] ?? part.charCodeAt(0));
  const tokenizer = fakeTokenizer({
    encode, display: (id) => ({ 100: 'user', 101: 'assistant' })[id] ?? String.fromCharCode(id),
    chat: (messages) => messages.map(({ role, content }) => `\u0001${role}\n${content}\u0002\n`).join(''),
  });
  const tokens = templateTokens(tokenizer);
  assert.deepEqual([[...tokens.special], [...tokens.roles]], [[1, 2], [100, 101]]);
  // "user" in the content does not count.
  assert.deepEqual([...templateMask(Int32Array.of(1, 100, 10, 100, 2), tokens)], [1, 1, 0, 0, 1]);
  assert.throws(() => templateTokens(fakeTokenizer({ chat: (messages) => messages[0]!.content })), { kind: 'unsupported' });
});
