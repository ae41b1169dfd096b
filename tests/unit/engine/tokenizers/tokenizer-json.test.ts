import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTokenizerPart, tokenizerConfigSchema, tokenizerJsonSchema } from '../../../../src/engine/tokenizers/tokenizer-json.ts';
import { special } from '../../../support/tokenizers.ts';

const parse = (value: unknown): ReturnType<typeof tokenizerJsonSchema.parse> => parseTokenizerPart(tokenizerJsonSchema, value, 'm/tokenizer.json');
const parseConfig = (value: unknown): ReturnType<typeof tokenizerConfigSchema.parse> => parseTokenizerPart(tokenizerConfigSchema, value, 'm/tokenizer_config.json');

test('the smallest tokenizer.json is a vocabulary; what it leaves out is null', () => {
  assert.deepEqual(parse({ model: { vocab: { a: 0 } } }), { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, model: { vocab: { a: 0 } } });
});

test('fields that Loupe does not look at are kept for the library', () => {
  const json = parse({ version: '1.0', decoder: { type: 'Fuse', x: 1 }, model: { type: 'BPE', vocab: { a: 0 }, merges: [], dropout: null } });
  assert.deepEqual([json['version'], json.decoder, json.model['dropout']], ['1.0', { type: 'Fuse', x: 1 }, null]);
});

test('a Unigram vocabulary is a list of pieces with scores', () => {
  assert.deepEqual(parse({ model: { type: 'Unigram', vocab: [['a', -1.5]] } }).model.vocab, [['a', -1.5]]);
});

test('a token that is named like a part of every object is a token', () => {
  const { vocab } = parse(JSON.parse('{"model": {"vocab": {"__proto__": 0, "constructor": 1}}}')).model;
  assert.deepEqual(Object.entries(vocab), [['__proto__', 0], ['constructor', 1]]);
});

test('junk is a bad file, and the message names the file and the field', () => {
  for (const [value, field] of [
    [null, /the file/], [[], /the file/], ['x', /the file/], [{}, /model/], [{ model: {} }, /model\.vocab/], [{ model: { vocab: null } }, /model\.vocab/],
    [{ model: { vocab: { a: -1 } } }, /model\.vocab/], [{ model: { vocab: { a: 0.5 } } }, /model\.vocab/], [{ model: { vocab: { a: '0' } } }, /model\.vocab/], [{ model: { vocab: [['a']] } }, /model\.vocab/],
    [{ model: { vocab: {} }, added_tokens: [{ id: 0 }] }, /added_tokens\.0/], [{ model: { vocab: {} }, decoder: 'Fuse' }, /decoder/], [{ model: { vocab: {} }, pre_tokenizer: {} }, /pre_tokenizer\.type/],
  ] as const) {
    assert.throws(() => parse(value), (error: Error & { kind: string }) => error.kind === 'bad-file' && error.message.startsWith('m/tokenizer.json: ') && field.test(error.message), JSON.stringify(value));
  }
});

test('ids so large that a table for them would fill memory are refused', () => {
  assert.throws(() => parse({ model: { vocab: { a: 2 ** 24 } } }), { kind: 'bad-file' });
  assert.throws(() => parse({ model: { vocab: { a: 0 } }, added_tokens: [special(Number.MAX_SAFE_INTEGER, '<s>')] }), { kind: 'bad-file', message: /added_tokens\.0\.id/ });
  assert.equal(parse({ model: { vocab: { a: 2 ** 24 - 1 } } }).added_tokens.length, 0);
});

test('a special token in the config is a text or an object with one', () => {
  const config = parseConfig({ bos_token: { content: '<s>', lstrip: false }, eos_token: '</s>', pad_token: null });
  assert.deepEqual([config.bos_token, config.eos_token, config.pad_token, config.unk_token], ['<s>', '</s>', null, undefined]);
});

test('the chat template is a text or a list of named ones', () => {
  assert.equal(parseConfig({ chat_template: 'x' }).chat_template, 'x');
  assert.deepEqual(parseConfig({ chat_template: [{ name: 'default', template: 'y' }] }).chat_template, [{ name: 'default', template: 'y' }]);
  assert.throws(() => parseConfig({ chat_template: 5 }), { kind: 'bad-file', message: /m\/tokenizer_config\.json: chat_template/ });
  assert.throws(() => parseConfig({ bos_token: 7 }), { kind: 'bad-file', message: /bos_token/ });
});
