import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openGguf, type GgufValue } from '../../../../src/engine/formats/gguf.ts';
import { sampleModelPath } from '../../../../src/engine/lm/find.ts';
import { tokenizerFromGguf } from '../../../../src/engine/tokenizers/gguf.ts';

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
