import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorpusDocument } from '../../../../src/engine/corpora/definition.ts';
import { chainHash, corpusStart, packContexts, type PackedContext, type PackOptions } from '../../../../src/engine/harvest/pack.ts';
import type { CorpusCursor } from '../../../../src/engine/store/types.ts';
import type { Tokenizer } from '../../../../src/engine/tokenizers/types.ts';
import { fakeTokenizer } from '../../../support/fake-model.ts';

async function* from(texts: readonly string[]): AsyncGenerator<CorpusDocument> {
  for (const [i, text] of texts.entries()) yield { id: String(i), text };
}

async function pack(texts: readonly string[], options: Partial<PackOptions> = {}, tokenizer: Tokenizer = fakeTokenizer(), cursor?: CorpusCursor): Promise<PackedContext[]> {
  const packed: PackedContext[] = [];
  for await (const context of packContexts(from(texts), tokenizer, { contextLength: 4, isolate: false, ...options }, cursor)) packed.push(context);
  return packed;
}

const shown = (contexts: readonly PackedContext[]): string[] => contexts.map(({ tokens }) =>
  [...tokens].map((id) => (id === 1 ? '<' : id === 2 ? '>' : String.fromCharCode(id))).join(''));

test('documents follow each other with EOS between, and the rest that fills no context is dropped', async () => {
  const contexts = await pack(['abc', 'de', 'fghi']); // a b c > | d e > f | g h i > : exactly three
  assert.deepEqual(shown(contexts), ['abc>', 'de>f', 'ghi>']);
  assert.deepEqual(contexts.map(({ documents }) => [...documents]), [[0, 0, 0, 0], [1, 1, 1, 2], [2, 2, 2, 2]]);
  assert.deepEqual(shown(await pack(['abc', 'de'])), ['abc>']);
});

test('BOS opens each context where the tokenizer puts one first', async () => {
  const tokenizer = fakeTokenizer({ prependsBos: true });
  const contexts = await pack(['ab', 'cdef'], {}, tokenizer);
  assert.deepEqual(shown(contexts), ['<ab>', '<cde']);
  assert.deepEqual([...contexts[1]!.documents], [1, 1, 1, 1]);
});

test('isolated documents each begin with BOS, and never with two', async () => {
  const tokenizer = fakeTokenizer({ prependsBos: true });
  // <ab> | <cd> | <e>< | continuing the fourth: BOS of the context, then f g >
  assert.deepEqual(shown(await pack(['ab', 'cd', 'e', 'fg'], { isolate: true }, tokenizer)), ['<ab>', '<cd>', '<e><', '<fg>']);
});

test('a tokenizer without EOS puts nothing between documents', async () => {
  assert.deepEqual(shown(await pack(['ab', 'cd'], {}, fakeTokenizer({ eosTokenId: null }))), ['abcd']);
});

test('packing goes on from the cursor of any context and tokenises nothing that lies before', async () => {
  const texts = ['abcdefghijk', 'l', 'mnopq', 'rstuvwxyz'];
  const all = await pack(texts);
  for (const [i, { after }] of all.entries()) {
    const encoded: string[] = [];
    const tokenizer = fakeTokenizer({ encode: (text) => { encoded.push(text); return Int32Array.from(text, (unit) => unit.charCodeAt(0)); } });
    const rest = await pack(texts, {}, tokenizer, after);
    assert.deepEqual(rest, all.slice(i + 1));
    assert.deepEqual(encoded, texts.slice(after.documents - 1));
  }
});

test('the cursor counts documents and tokens, and chains the hash of each document', async () => {
  const [first, second] = await pack(['abc', 'de', 'f']);
  const one = chainHash(corpusStart.hash, { id: '0', text: 'abc' });
  assert.deepEqual(first!.after, { documents: 1, tokens: 4, hash: one });
  const three = chainHash(chainHash(one, { id: '1', text: 'de' }), { id: '2', text: 'f' });
  assert.deepEqual(second!.after, { documents: 3, tokens: 1, hash: three }); // d e > f
  assert.notEqual(chainHash(one, { id: '1', text: 'de' }), chainHash(one, { id: '1d', text: 'e' }));
});

test('a corpus that is no longer the same is refused when packing goes on', async () => {
  const texts = ['abcd', 'efgh', 'ijkl'];
  const { after } = (await pack(texts))[1]!;
  await assert.rejects(pack(['abcX', 'efgh', 'ijkl'], {}, fakeTokenizer(), after), { kind: 'mismatch', message: /changed/ });
  await assert.rejects(pack(['abcd'], {}, fakeTokenizer(), after), { kind: 'mismatch' });
});
