import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedTokens, promptTokens, shownToken, shownTokens } from '../../../../src/engine/live/tokens.ts';
import { fakeModel, fakeTokenizer } from '../../../support/fake-model.ts';
import { typed } from '../../../support/live.ts';

const model = fakeModel();

test('before the text stands what stood there in training: BOS, else the EOS between documents, else nothing', () => {
  assert.deepEqual([...promptTokens(model, typed('ab'), true).ids], [1, 97, 98]);
  const eos = promptTokens(model, typed('ab'), false);
  assert.deepEqual([...eos.ids], [2, 97, 98]);
  assert.match(eos.how, /EOS token that parted documents/u);
  assert.deepEqual([...promptTokens(model, typed('ab', { lead: 'none' }), true).ids], [97, 98]);
  const bare = { config: model.config, tokenizer: fakeTokenizer({ bosTokenId: null, eosTokenId: null }) };
  assert.deepEqual(promptTokens(bare, typed('ab'), true), { ids: Int32Array.of(97, 98), lead: 0, how: 'nothing was put before the text' });
  // a text that brings its own BOS gets no second one
  assert.equal(promptTokens(model, typed('\u0001ab'), true).lead, 0);
});

test("a chat prompt is a user's message in the model's template, with nothing before it", () => {
  const chatty = { config: model.config, tokenizer: fakeTokenizer({ chat: ([message], open) => `[${message!.role}:${message!.content}]${open ? '>' : ''}` }) };
  const { ids, lead, how } = promptTokens(chatty, typed('hi', { chat: true }), true);
  assert.equal(String.fromCharCode(...ids), '[user:hi]>');
  assert.equal(lead, 0);
  assert.match(how, /chat template/u);
  assert.throws(() => promptTokens(model, typed('hi', { chat: true }), true), { kind: 'unsupported' });
});

test('texts without a token, and over the limit, are refused with their length', () => {
  const none = { config: model.config, tokenizer: fakeTokenizer({ encode: () => new Int32Array(0) }) };
  assert.throws(() => promptTokens(none, typed(' '), true), { kind: 'bad-request', message: /no token/u });
  // the fake model's context is 64
  assert.throws(() => promptTokens(model, typed('x'.repeat(64)), true), { kind: 'bad-request', message: /65 tokens, and at most 64.*Shorten/u });
  const long = { config: { ...model.config, contextLength: 4096 }, tokenizer: model.tokenizer };
  assert.throws(() => promptTokens(long, typed('x'.repeat(600)), true), { kind: 'bad-request', message: /601 tokens, and at most 512/u });
});

test('the first token and special ones do not count; ids beyond the vocabulary are shown by number', () => {
  assert.deepEqual([...countedTokens(model.tokenizer, Int32Array.of(97, 98, 1, 99))], [0, 1, 0, 1]);
  const shown = shownTokens(model.tokenizer, { ids: Int32Array.of(1, 97), lead: 1, how: 'x' });
  assert.deepEqual([shown.special, shown.texts[1]], [[0], 'a']);
  assert.equal(shownToken(model.tokenizer, 300), '[300]');
});
