import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { loadTokenizer } from '../../../../src/engine/tokenizers/load.ts';
import { createTokenizer } from '../../../../src/engine/tokenizers/tokenizer.ts';
import { tokenizerConfigSchema, tokenizerJsonSchema } from '../../../../src/engine/tokenizers/tokenizer-json.ts';
import type { Tokenizer } from '../../../../src/engine/tokenizers/types.ts';
import { smallJson, tokenizerOf } from '../../../support/tokenizers.ts';

interface Case {
  readonly json: unknown;
  readonly config: unknown;
  readonly ids: number[][];
  readonly special: number[][];
  readonly decoded: string[];
}
const kinds = ['gpt2', 'llama', 'neox', 'qwen', 'gemma', 'mistral'] as const;
const fixture = JSON.parse(gunzipSync(readFileSync(new URL('../../../parity/fixtures/tokenizers.json.gz', import.meta.url))).toString()) as { lines: string[] } & Record<(typeof kinds)[number], Case>;
const build = ({ json, config }: Case): Tokenizer => createTokenizer(tokenizerJsonSchema.parse(json), tokenizerConfigSchema.parse(config), 'fixture');

for (const name of kinds) {
  const tokenizer = build(fixture[name]);
  test(`${name}: the ids of ${fixture.lines.length} hard lines equal those of transformers`, () => {
    fixture.lines.forEach((line, i) => assert.deepEqual([...tokenizer.encode(line)], fixture[name].ids[i], JSON.stringify(line)));
  });
  test(`${name}: decoding gives what transformers gives`, () => {
    fixture[name].ids.forEach((ids, i) => assert.equal(tokenizer.decode(ids), fixture[name].decoded[i]));
  });
  test(`${name}: special tokens are added as transformers adds them`, () => {
    fixture[name].special.forEach((ids, i) => assert.deepEqual([...tokenizer.encode(fixture.lines[i]!, { special: true })], ids));
  });
}

test('a BOS is known where the rules put one', () => {
  const [gpt2, llama] = [build(fixture.gpt2), build(fixture.llama)];
  assert.equal(gpt2.prependsBos, false);
  assert.equal(llama.prependsBos, true);
  assert.deepEqual([llama.bosTokenId, llama.eosTokenId, [...llama.specialTokenIds].sort()], [1, 2, [0, 1, 2]]);
});

test('a token is shown with its space, bytes that are no text as \\xNN, special tokens as they are', () => {
  const gpt2 = build(fixture.gpt2);
  const shown = (tokenizer: Tokenizer, text: string): string[] => [...tokenizer.encode(text)].map((id) => tokenizer.display(id));
  assert.equal(shown(gpt2, 'the committee  waits').join(''), 'the committee  waits');
  assert.equal(gpt2.display(gpt2.bosTokenId!), '<|endoftext|>');
  assert.ok(shown(gpt2, '🎉').every((piece) => piece === '🎉' || /^(\\x[0-9A-F]{2})+$/u.test(piece)));
  const llama = build(fixture.llama);
  assert.equal(shown(llama, 'a b').join(''), ' a b');
  assert.equal(llama.display(3 + 0xff), '\\xFF');
  assert.equal(llama.display(3 + 0x41), 'A');
});

test('the hash is that of the content, whatever the order of its keys', () => {
  const json = fixture.gpt2.json as Record<string, unknown>;
  const reversed = Object.fromEntries(Object.entries(json).reverse());
  assert.equal(build({ ...fixture.gpt2, json: reversed }).hash, build(fixture.gpt2).hash);
  assert.notEqual(build(fixture.llama).hash, build(fixture.gpt2).hash);
});

test('an id that does not exist is refused', () => {
  const gpt2 = build(fixture.gpt2);
  assert.throws(() => gpt2.display(gpt2.vocab), { kind: 'bad-request' });
  assert.throws(() => gpt2.decode([0, 1e6]), { kind: 'bad-request' });
  assert.equal(gpt2.decode([]), '');
});

test('what the vocabulary cannot spell is the unknown token, and is left out where there is none, as the original does', () => {
  assert.deepEqual([...tokenizerOf(smallJson({ vocab: { a: 0, '?': 1 }, merges: [], unk_token: '?' })).encode('aza')], [0, 1, 0]);
  assert.deepEqual([...tokenizerOf(smallJson({ vocab: { a: 0 }, merges: [] })).encode('aza')], [0, 0]);
});

test('a text that needs an unknown token which is no token is refused', () => {
  const tokenizer = tokenizerOf({ pre_tokenizer: { type: 'BertPreTokenizer' }, model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: { a: 0, '##b': 1 } } });
  assert.deepEqual([...tokenizer.encode('ab a')], [0, 1, 0]);
  assert.throws(() => tokenizer.encode('a z'), { kind: 'unsupported', message: /no unknown token/u, detail: 'a z' });
});

test('spaces and newlines are tokens of their own in the small vocabulary, and come back', () => {
  const tokenizer = tokenizerOf(smallJson());
  const ids = tokenizer.encode('ab\nb  a');
  assert.deepEqual([...ids], [2, 4, 1, 3, 3, 0]);
  assert.deepEqual([...ids].map((id) => tokenizer.display(id)), ['ab', '\n', 'b', ' ', ' ', 'a']);
  assert.equal(tokenizer.decode(ids), 'ab\nb  a');
  assert.deepEqual([...tokenizer.encode('')], []);
});

test('special tokens in a text are found whole, shown as written, and known by the config\'s names', () => {
  const tokenizer = tokenizerOf(smallJson(), { bos_token: '<s>', eos_token: { content: '</s>' } });
  assert.deepEqual([...tokenizer.encode('<s>ab</s>a<s')], [5, 2, 6, 0]);
  assert.deepEqual([tokenizer.display(5), tokenizer.display(6)], ['<s>', '</s>']);
  assert.deepEqual([tokenizer.bosTokenId, tokenizer.eosTokenId, [...tokenizer.specialTokenIds]], [5, 6, [5, 6]]);
  const nameless = tokenizerOf(smallJson(), { bos_token: '<none>' });
  assert.deepEqual([nameless.bosTokenId, nameless.eosTokenId, nameless.prependsBos], [null, null, false]);
});

test('a vocabulary that leaves ids out shows their numbers', () => {
  const tokenizer = tokenizerOf(smallJson({ vocab: { a: 0, b: 9 }, merges: [] }));
  assert.equal(tokenizer.vocab, 10);
  assert.deepEqual([tokenizer.display(8), tokenizer.display(9)], ['[8]', 'b']);
  for (const id of [-1, 10, 0.5]) assert.throws(() => tokenizer.display(id), { kind: 'bad-request' }, String(id));
  assert.throws(() => tokenizer.decode([8]), { kind: 'bad-request' });
});

test('a vocabulary that spells no Latin letter but b, and has a BOS, loads', () => {
  const template = { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: {} };
  const tokenizer = tokenizerOf(smallJson({ vocab: { b: 1 }, merges: [] }, { post_processor: template }), { bos_token: '<s>' });
  assert.equal(tokenizer.prependsBos, true);
  assert.deepEqual([...tokenizer.encode('b', { special: true })], [5, 1]);
  assert.deepEqual([...tokenizer.encode('b')], [1]);
});

test('tokens that are named like parts of every object are tokens', () => {
  const json = JSON.parse('{"model": {"type": "BPE", "vocab": {"a": 0, "__proto__": 1, "constructor": 2, "toString": 3}, "merges": [], "ignore_merges": true}}') as unknown;
  const tokenizer = tokenizerOf(json);
  assert.equal(tokenizer.vocab, 4);
  assert.deepEqual(['__proto__', 'constructor', 'toString'].map((text) => [...tokenizer.encode(text)]), [[1], [2], [3]]);
});

test('parts that the library cannot use are a bad file when the tokenizer is made, not later', () => {
  for (const rest of [
    { pre_tokenizer: { type: 'Nope' } }, { decoder: { type: 'Nope' } }, { normalizer: { type: 'Nope' } }, { post_processor: { type: 'Nope' } }, { post_processor: { type: 'TemplateProcessing' } },
    { pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated', invert: false } },
  ]) {
    assert.throws(() => tokenizerOf(smallJson({}, rest)), { kind: 'bad-file', message: /tokenizer\.json cannot be used/u }, JSON.stringify(rest));
  }
});

test('the template of the config renders a chat with the special tokens; without one the kind is unsupported', () => {
  const messages = [{ role: 'user', content: 'hi' }];
  const config = { bos_token: { content: '<s>' }, chat_template: '{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}' };
  assert.equal(tokenizerOf(smallJson(), config).chat(messages, true), '<s>[hi]>');
  assert.equal(tokenizerOf(smallJson(), config).chat(messages, false), '<s>[hi]');
  for (const none of [{}, { chat_template: null }, { chat_template: [] }]) {
    assert.throws(() => tokenizerOf(smallJson(), none).chat(messages, true), { kind: 'unsupported', message: /no chat template/u });
  }
});

test('hard lines come back whole through the shipped model\'s tokenizer, and its shown tokens spell the plain ones', () => {
  const tokenizer = loadTokenizer(join(import.meta.dirname, '../../../../resources/tiny-llama'));
  let plain = 0;
  for (const line of fixture.lines) {
    const ids = tokenizer.encode(line);
    assert.equal(tokenizer.decode(ids), line);
    if (!/^[\x20-\x7e\n\r\t]*$/u.test(line)) continue;
    plain++;
    assert.equal([...ids].map((id) => tokenizer.display(id)).join(''), line);
  }
  assert.ok(plain > 50, `${plain} plain lines`);
  assert.deepEqual([...tokenizer.encode(' naïve')].map((id) => tokenizer.display(id)), [' n', 'a', '\\xC3', '\\xAF', 've']);
});
