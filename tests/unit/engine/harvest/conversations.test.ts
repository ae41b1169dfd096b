import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { Corpus, CorpusDocument } from '../../../../src/engine/corpora/definition.ts';
import { conversationContexts } from '../../../../src/engine/harvest/conversations.ts';
import { forward, stack } from '../../../../src/engine/harvest/forward.ts';
import { packContexts, type PackedContext } from '../../../../src/engine/harvest/pack.ts';
import { StreamSource } from '../../../../src/engine/harvest/stream.ts';
import type { LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { collect } from '../../../support/collect.ts';
import { fakeModel, fakeTokenizer } from '../../../support/fake-model.ts';
import { fixtureFolder, largestDifference } from '../../../support/lm-fixtures.ts';

const contextLength = 12;
const hooks = [{ name: 'blocks.1.hook_resid_post', d: 24 }];
const options = { contextLength, isolate: false, dtype: 'float32' } as const;

/** Ids below 60 for every letter; the template puts 1 before and 2 behind each message. */
const tokenizer = fakeTokenizer({
  vocab: 67, encode: (text) => Int32Array.from(text, (unit) => (unit.charCodeAt(0) < 3 ? unit.charCodeAt(0) : unit.charCodeAt(0) % 60)),
  chat: (messages) => messages.map(({ content }) => `\u0001${content}\u0002`).join(''),
});

const conversation = (id: string, content: string): CorpusDocument => ({ id, text: JSON.stringify([{ role: 'user', content }]) });

async function* given(...documents: CorpusDocument[]): AsyncGenerator<CorpusDocument> {
  yield* documents;
}

test('each conversation is a context of its own: rendered, cut or padded, and padding belongs to no document', async () => {
  const [short, long] = await collect(conversationContexts(given(conversation('a', 'xy'), conversation('b', 'z'.repeat(40))), tokenizer, options)) as [PackedContext, PackedContext];
  assert.deepEqual([...short.tokens], [1, 0, 1, ...Array<number>(9).fill(2)].map((id, i) => (i === 1 ? 'x'.charCodeAt(0) % 60 : i === 2 ? 'y'.charCodeAt(0) % 60 : id)));
  assert.deepEqual([...short.documents], [0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1]);
  assert.ok(long.documents.every((document) => document === 1) && long.tokens.length === contextLength);
});

test('the contexts after a cursor are those that follow, and another corpus is refused', async () => {
  const all = [conversation('a', 'aa'), conversation('b', 'bb'), conversation('c', 'cc')];
  const contexts = await collect(conversationContexts(given(...all), tokenizer, options));
  assert.deepEqual(await collect(conversationContexts(given(...all), tokenizer, options, contexts[0]!.after)), contexts.slice(1));
  await assert.rejects(collect(conversationContexts(given(conversation('x', 'xx'), ...all.slice(1)), tokenizer, options, contexts[0]!.after)), { kind: 'mismatch' });
});

let model: LanguageModel;
before(async () => {
  await loadBackend();
  model = await loadModel(fixtureFolder('llama-gqa-untied'));
});

/** Activations of every context. */
async function activations(contexts: AsyncIterable<PackedContext>): Promise<{ x: Float32Array; documents: Int32Array }> {
  const batch = stack(await collect(contexts), contextLength);
  return { x: forward(model, hooks, batch, 0, options).activations.get(hooks[0]!.name)!, documents: batch.documents };
}

test('a change in one conversation changes no row of another; packed in blocks it does', async () => {
  const [one, other] = [[conversation('a', 'hello'), conversation('b', 'there')], [conversation('a', 'jelly'), conversation('b', 'there')]];
  const alone = await Promise.all([one, other].map((documents) => activations(conversationContexts(given(...documents), tokenizer, options))));
  const rowsOf = ({ x, documents }: { x: Float32Array; documents: Int32Array }, document: number): Float32Array =>
    Float32Array.from([...documents.entries()].flatMap(([row, own]) => (own === document ? [...x.subarray(row * 24, (row + 1) * 24)] : [])));
  assert.equal(largestDifference(rowsOf(alone[0]!, 1), rowsOf(alone[1]!, 1)), 0);
  assert.ok(largestDifference(rowsOf(alone[0]!, 0), rowsOf(alone[1]!, 0)) > 1e-3);
  const rendered = (documents: CorpusDocument[]): CorpusDocument[] => documents.map(({ id, text }) => ({ id, text: tokenizer.chat(JSON.parse(text) as [], false) }));
  const packed = await Promise.all([one, other].map((documents) => activations(packContexts(given(...rendered(documents)), tokenizer, options))));
  assert.ok(largestDifference(rowsOf(packed[0]!, 1), rowsOf(packed[1]!, 1)) > 1e-3, 'the defect that running alone repairs');
});

test('padding is left out of the pass and changes no activation', async () => {
  const contexts = await collect(conversationContexts(given(conversation('a', 'ab'), conversation('b', 'abc')), tokenizer, options));
  const batch = stack(contexts, contextLength);
  const trimmed = forward(model, hooks, batch, 0, options).activations.get(hooks[0]!.name)!;
  const whole = forward(model, hooks, { ...batch, documents: batch.documents.map(() => 0) }, 0, options).activations.get(hooks[0]!.name)!;
  for (let row = 0; row < 24; row++) {
    const [a, b] = [trimmed, whole].map((x) => x.subarray(row * 24, (row + 1) * 24)) as [Float32Array, Float32Array];
    if (batch.documents[row]! >= 0) assert.ok(largestDifference(a, b) <= 1e-5, `row ${row}`);
  }
});

test('the mixing buffer serves each row once a pass, special tokens too, and neighbours are seldom of one conversation', async (t) => {
  const corpus: Corpus = {
    name: 'chat', sources: ['chat'], listing: false,
    async *documents() { for (let i = 0; i < 120; i++) yield conversation(String(i), String.fromCharCode(10 + i).repeat(8)); },
  };
  const fake = fakeTokenizer({ encode: (text) => Int32Array.from(text, (unit) => unit.charCodeAt(0)), chat: tokenizer.chat });
  // A row's value is its token, which says the conversation; each has 10 tokens, of which the first (position 0) does not count.
  const source = new StreamSource(fakeModel({ value: (token) => token, tokenizer: fake }), corpus, {
    hookPoint: 'blocks.0.hook_resid_post', contextLength: 16, batch: 8, isolate: false, conversations: true, shuffleDocuments: true, seed: 3, bufferRows: 400, heldOut: 0,
  });
  t.after(() => source.close());
  const { x } = await source.next(120 * 9 * 2);
  const tokens = Array.from({ length: x.length / 4 }, (_, row) => x[row * 4]!);
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  // Two passes: 8 letters each of 120 conversations, and the end token of each, about twice; the buffer holds back half a chunk at the end.
  assert.ok([...counts].filter(([token]) => token >= 10).every(([, count]) => count >= 8 && count <= 24));
  assert.ok(counts.get(2)! > 150 && !counts.has(1));
  const letters = tokens.filter((token) => token !== 2);
  const same = letters.filter((token, i) => i > 0 && token === letters[i - 1]).length / letters.length;
  assert.ok(same < 0.05, `lag-1 rate ${same}`);
});
