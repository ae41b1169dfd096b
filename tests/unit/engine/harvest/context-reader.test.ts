import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Corpus } from '../../../../src/engine/corpora/definition.ts';
import { ContextReader } from '../../../../src/engine/harvest/context-reader.ts';
import { fakeTokenizer } from '../../../support/fake-model.ts';

const corpus: Corpus = {
  name: 'letters', sources: ['letters'], listing: false,
  async *documents() { for (let i = 0; i < 6; i++) yield { id: String(i), text: String.fromCharCode(97 + i).repeat(3) }; },
};
const reader = (changes: object = {}): ContextReader => new ContextReader(corpus, fakeTokenizer(), { contextLength: 4, batch: 2, isolate: false, shuffleDocuments: false, seed: 1, heldOut: 8, ...changes });
const letters = (contexts: readonly { tokens: Int32Array }[]): string => contexts.map(({ tokens }) => String.fromCharCode(tokens[0]!)).join('');

test('the first contexts are held out, the others come in batches, and after the last a new epoch begins behind the held-out ones', async () => {
  const own = reader();
  const held: string[] = [];
  await own.eachHeldOut(async (contexts, first) => void held.push(`${first}${letters(contexts)}`));
  assert.deepEqual(held, ['0ab']);
  let place = await own.first();
  const seen: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { contexts, next } = await own.take(place, 10);
    seen.push(`${place.epoch}:${place.context}:${letters(contexts)}`);
    place = next;
  }
  assert.deepEqual(seen, ['0:2:cd', '0:4:ef', '0:6:', '1:2:cd', '1:4:ef']);
  assert.equal(own.identity.documents, 6);
  await own.close();
});

test('a place that was left is reached again by reading the corpus up to it', async () => {
  const own = reader();
  const start = await own.first();
  const { next } = await own.take(start, 1);
  await own.take(next, 2);
  assert.equal(letters((await own.take(next, 1)).contexts), 'd');
  assert.equal(letters((await reader().take(next, 1)).contexts), 'd');
  assert.equal(own.nothing().kind, 'bad-request');
  await own.close();
});
