import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openGguf, type GgufValue } from '../../../../src/engine/formats/gguf.ts';
import { sampleModelPath } from '../../../../src/engine/lm/find.ts';
import { tokenizerFromGguf } from '../../../../src/engine/tokenizers/gguf.ts';
import { ggufTokenizer, readReference } from '../../../support/tokenizers.ts';

const sample = sampleModelPath();
const fixture = JSON.parse(gunzipSync(readFileSync(new URL('../../../parity/fixtures/tokenizers.json.gz', import.meta.url))).toString()) as {
  lines: string[];
  llama: { json: { model: { vocab: Record<string, number>; merges: [string, string][] } }; ids: number[][]; special: number[][] };
  gguf: { ids: number[][]; transformers: number[][] };
};

test('the sample model\'s ids equal those of llama.cpp and of transformers', { skip: sample === null && 'the sample model is not installed: npm run setup' }, () => {
  const file = openGguf(sample!);
  file.close();
  const tokenizer = tokenizerFromGguf(file.metadata, 'sample');
  fixture.lines.forEach((line, i) => {
    assert.deepEqual([...tokenizer.encode(line)], fixture.gguf.ids[i], JSON.stringify(line));
    assert.deepEqual(fixture.gguf.transformers[i], fixture.gguf.ids[i]);
  });
  assert.equal(tokenizer.prependsBos, false);
  assert.match(tokenizer.chat([{ role: 'user', content: 'hi' }], true), /<\|im_start\|>user\nhi<\|im_end\|>\n<\|im_start\|>assistant\n$/u);
});

/** The fixture's Llama-like tokenizer as llama.cpp would store it: pieces with scores that fall with the order of the merges. */
function asGguf(): Map<string, GgufValue> {
  const { vocab, merges } = fixture.llama.json.model;
  const tokens = Object.entries(vocab).sort((a, b) => a[1] - b[1]).map(([token]) => token);
  const rank = new Map(merges.map(([a, b], i) => [a + b, -1 - i]));
  const type = (token: string): number => (token === '<unk>' ? 2 : token === '<s>' || token === '</s>' ? 3 : /^<0x..>$/u.test(token) ? 6 : 1);
  return new Map<string, GgufValue>([
    ['tokenizer.ggml.model', 'llama'], ['tokenizer.ggml.tokens', tokens], ['tokenizer.ggml.token_type', tokens.map(type)],
    ['tokenizer.ggml.scores', tokens.map((token) => rank.get(token) ?? -1e6)], ['tokenizer.ggml.bos_token_id', 1], ['tokenizer.ggml.eos_token_id', 2], ['tokenizer.ggml.unknown_token_id', 0],
  ]);
}

test('a SentencePiece vocabulary with scores gives the ids of the tokenizer that it came from', () => {
  const tokenizer = tokenizerFromGguf(asGguf(), 'spm');
  // A piece may be reached by several merges; the file keeps scores alone, so a few rare words may be cut otherwise.
  const equal = fixture.lines.filter((line, i) => tokenizer.encode(line).join() === fixture.llama.ids[i]!.join()).length;
  assert.ok(equal >= 0.98 * fixture.lines.length, `${equal} of ${fixture.lines.length}`);
  assert.equal(tokenizer.prependsBos, true);
  assert.equal(tokenizer.decode(tokenizer.encode('hello, wörld 🎉')), 'hello, wörld 🎉');
});

const change = (key: string, value: GgufValue): Map<string, GgufValue> => asGguf().set(`tokenizer.ggml.${key}`, value);
test('files without a tokenizer, of another kind, or that contradict themselves are refused', () => {
  assert.throws(() => tokenizerFromGguf(new Map(), 'x'), { kind: 'not-found' });
  assert.throws(() => tokenizerFromGguf(change('model', 'bert'), 'x'), { kind: 'unsupported', message: /bert/u });
  assert.throws(() => tokenizerFromGguf(change('token_type', [1]), 'x'), { kind: 'bad-file', message: /token_type/u });
  assert.throws(() => tokenizerFromGguf(change('bos_token_id', 5000), 'x'), { kind: 'bad-file', message: /bos_token_id/u });
  assert.throws(() => tokenizerFromGguf(change('tokens', 'abc'), 'x'), { kind: 'bad-file' });
  const gpt2 = change('model', 'gpt2');
  assert.throws(() => tokenizerFromGguf(new Map(gpt2).set('tokenizer.ggml.pre', 'unheard-of'), 'x'), { kind: 'unsupported', message: /unheard-of/u });
  assert.throws(() => tokenizerFromGguf(new Map(gpt2).set('tokenizer.ggml.merges', ['ab']), 'x'), { kind: 'bad-file', message: /merge/u });
});

test('the GPT-2-like reference as a GGUF file gives the ids of transformers on every line', () => {
  const { lines, gpt2 } = readReference();
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(gpt2.json.model.vocab)) tokens[id] = token;
  const merges = gpt2.json.model.merges.map((pair) => pair.join(' '));
  const tokenizer = tokenizerFromGguf(ggufTokenizer({ model: 'gpt2', pre: 'gpt-2', tokens, token_type: tokens.map((_, id) => (id === 0 ? 3 : 1)), merges, bos_token_id: 0 }), 'g');
  lines.forEach((line, i) => assert.deepEqual([...tokenizer.encode(line)], gpt2.ids[i], JSON.stringify(line)));
  assert.deepEqual([tokenizer.vocab, tokenizer.bosTokenId, tokenizer.eosTokenId, tokenizer.prependsBos], [tokens.length, 0, null, false]);
});

const small = { model: 'gpt2', pre: 'gpt-2', tokens: ['a', 'b', 'ab', 'Ġ', '<s>', '</s>'], token_type: [1, 1, 1, 1, 3, 3], merges: ['a b'], bos_token_id: 4, eos_token_id: 5 };
const made = (more: Record<string, unknown> = {}): ReturnType<typeof tokenizerFromGguf> => tokenizerFromGguf(ggufTokenizer({ ...small, ...more }), 'm.gguf');

test('BOS and EOS are put around a text only where the file says so', () => {
  assert.deepEqual([...made().encode('ab', { special: true })], [2]);
  assert.deepEqual([...made({ add_bos_token: true }).encode('ab', { special: true })], [4, 2]);
  const both = made({ add_bos_token: true, add_eos_token: true });
  assert.deepEqual([...both.encode('ab', { special: true })], [4, 2, 5]);
  assert.deepEqual([...both.encode('ab')], [2]);
  assert.equal(both.prependsBos, true);
});

test('control tokens are special, tokens of the user whole but not special', () => {
  const tokenizer = made({ tokens: [...small.tokens, 'a a'], token_type: [...small.token_type, 4] });
  assert.deepEqual([...tokenizer.specialTokenIds], [4, 5]);
  assert.deepEqual([...tokenizer.encode('a a<s>')], [6, 4]);
});

test('a merge that names no token is refused, as is a token too long for finding its merges', () => {
  assert.throws(() => made({ merges: ['a b', 'b b'] }), { kind: 'bad-file', message: /m\.gguf.*merges\.1 names "bb"/u });
  assert.throws(() => made({ tokens: ['a', 'b', 'ab', 'x'.repeat(5000), '<s>', '</s>'] }), { kind: 'bad-file', message: /tokens\.3/u });
});

test('the chat template of the file is used, and without one the kind is unsupported', () => {
  assert.equal(made({ 'tokenizer.chat_template': '{{ bos_token }}{{ messages[0].content }}' }).chat([{ role: 'user', content: 'x' }], false), '<s>x');
  for (const more of [{}, { 'tokenizer.chat_template': 5 }]) assert.throws(() => made(more).chat([], false), { kind: 'unsupported' });
});

test('a token that is there twice keeps its first id', () => {
  const tokenizer = made({ tokens: ['a', 'b', 'ab', 'a', '<s>', '</s>'] });
  assert.deepEqual([...tokenizer.encode('aab')], [0, 2]);
  assert.deepEqual([tokenizer.vocab, tokenizer.display(3)], [6, '[3]']);
});

test('a SentencePiece file shows the space before a word, and bytes as \\xNN', () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).padStart(2, '0').toUpperCase()}>`);
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, '\u2581', 'a', '\u2581a'];
  const spm = { model: 'llama', tokens, scores: tokens.map((_, id) => -id), token_type: [2, 3, 3, ...bytes.map(() => 6), 1, 1, 1], bos_token_id: 1, eos_token_id: 2, unknown_token_id: 0 };
  const tokenizer = tokenizerFromGguf(ggufTokenizer(spm), 'm.gguf');
  const ids = [...tokenizer.encode('a aé\n')];
  assert.deepEqual(ids, [261, 261, 3 + 0xc3, 3 + 0xa9, 3 + 0x0a]);
  assert.deepEqual(ids.map((id) => tokenizer.display(id)), [' a', ' a', '\\xC3', '\\xA9', '\n']);
  assert.equal(tokenizer.decode(ids), 'a aé\n');
  assert.deepEqual([...tokenizerFromGguf(ggufTokenizer({ ...spm, add_space_prefix: false }), 'm.gguf').encode('a')], [260]);
  assert.throws(() => tokenizerFromGguf(ggufTokenizer({ ...spm, scores: undefined }), 'm.gguf'), { kind: 'bad-file', message: /needs scores/u });
});
