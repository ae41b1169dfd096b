import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createTokenizer } from '../../../../src/engine/tokenizers/tokenizer.ts';
import { tokenizerConfigSchema, tokenizerJsonSchema } from '../../../../src/engine/tokenizers/tokenizer-json.ts';
import type { Tokenizer } from '../../../../src/engine/tokenizers/types.ts';

interface Case {
  readonly json: unknown;
  readonly config: unknown;
  readonly ids: number[][];
  readonly special: number[][];
  readonly decoded: string[];
}
const fixture = JSON.parse(gunzipSync(readFileSync(new URL('../../../parity/fixtures/tokenizers.json.gz', import.meta.url))).toString()) as { lines: string[]; gpt2: Case; llama: Case };
const build = ({ json, config }: Case): Tokenizer => createTokenizer(tokenizerJsonSchema.parse(json), tokenizerConfigSchema.parse(config), 'fixture');

for (const name of ['gpt2', 'llama'] as const) {
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

test('without an unknown token, what the vocabulary cannot spell is left out, as the original does', () => {
  const json = tokenizerJsonSchema.parse({ model: { type: 'BPE', vocab: { a: 0 }, merges: [], unk_token: null } });
  assert.deepEqual([...createTokenizer(json, {}, 'tiny').encode('aba')], [0, 0]);
});
