import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Corpus } from '../../../../src/engine/corpora/definition.ts';
import { StreamSource, type StreamOptions } from '../../../../src/engine/harvest/stream.ts';
import { collect } from '../../../support/collect.ts';
import { fakeModel, useCpu, type FakeModelChanges } from '../../../support/fake-model.ts';

before(useCpu);

/** Document i is its number in base 64 as two letters six times over: every row's token says a little of where it is from. */
const corpus: Corpus = {
  name: 'numbers', sources: ['numbers'], listing: false,
  async *documents() { for (let i = 0; i < 80; i++) yield { id: String(i), text: String.fromCharCode(64 + i).repeat(15) }; },
};

// A context is one document: 15 characters and EOS, of which 14 rows count (position 0 and EOS do not). 80 contexts in all.
const options: StreamOptions = {
  hookPoint: 'blocks.0.hook_resid_post', contextLength: 16, batch: 4, isolate: false, shuffleDocuments: false, seed: 3, bufferRows: 160, heldOut: 160,
};

/** The value of a row is its token: the number of its document, plus 64. */
function source(changes: Partial<StreamOptions> = {}, model: FakeModelChanges = {}): StreamSource {
  return new StreamSource(fakeModel({ value: (token) => token, ...model }), corpus, { ...options, ...changes });
}

async function documentsOf(from: StreamSource, rows: number): Promise<number[]> {
  const { x } = await from.next(rows);
  return Array.from({ length: rows }, (_, row) => x[row * 4]! - 64);
}

function counts(values: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return found;
}

test('one epoch gives every row that counts once, and never a held-out, first or special one', async (t) => {
  const stream = source();
  t.after(() => stream.close());
  // 160 held-out tokens are 10 contexts. The other 70, in chunks of 10 contexts (140 rows), are 980 rows; the last half chunk of 70
  // rows is served with the first of the next epoch.
  const first = counts(await documentsOf(stream, 980 - 70));
  assert.ok([...first.keys()].every((document) => document >= 10 && document < 80));
  assert.ok([...first.values()].every((count) => count <= 14));
  const all = counts(await documentsOf(stream, 70 + 980)); // to the end of the second epoch, less its last half chunk
  for (const [document, count] of first) all.set(document, (all.get(document) ?? 0) + count);
  for (let document = 10; document < 70; document++) assert.equal(all.get(document), 28, `document ${document}`);
});

test('rows of neighbouring chunks are mixed', async (t) => {
  const stream = source();
  t.after(() => stream.close());
  await stream.next(70); // stage 0: the first half of chunk 0
  const stage = await documentsOf(stream, 140); // stage 1: the second half of chunk 0, and the first half of chunk 1
  assert.equal(stage.filter((document) => document < 20).length, 70);
  assert.equal(stage.filter((document) => document >= 20 && document < 30).length, 70);
  const switches = stage.filter((document, i) => i > 0 && document < 20 !== stage[i - 1]! < 20).length;
  assert.ok(switches > 40, `${switches}`); // 69.5 expected of a random order, standard deviation 5.9
});

test('from any place that was written down, the rows that follow are the same', async (t) => {
  const stream = source({ shuffleDocuments: true });
  t.after(() => stream.close());
  for (let i = 0; i < 25; i++) {
    const position = JSON.parse(JSON.stringify(stream.position)) as typeof stream.position;
    const { x } = await stream.next(93);
    const other = source({ shuffleDocuments: true });
    await other.seek(position);
    assert.deepEqual((await other.next(93)).x, x, `batch ${i}`);
    other.close();
  }
});

test('the held-out rows are the first of the corpus, in order and with their mask', async (t) => {
  const stream = source({ heldOut: 40 }); // three contexts
  t.after(() => stream.close());
  for (let repeat = 0; repeat < 2; repeat++) {
    const parts = await collect(stream.heldOut());
    assert.equal(parts.reduce((sum, { rows }) => sum + rows, 0), 48);
    assert.deepEqual([parts[0]!.x[4], parts[0]!.x[4 * 33]], [64, 66]);
    assert.deepEqual([...parts[0]!.mask.subarray(0, 17)], [0, ...new Array<number>(14).fill(1), 0, 0]);
  }
});

test('a sample is of training rows and does not move the stream', async (t) => {
  const [sampled, plain] = [source(), source()];
  t.after(() => { sampled.close(); plain.close(); });
  const sample = await sampled.sample(30);
  assert.equal(sample.length, 112); // two contexts hold 28 of the 30 rows asked for
  assert.ok(sample.every((value) => value >= 74));
  assert.deepEqual((await sampled.next(100)).x, (await plain.next(100)).x);
});

test('a row says where it came from, and NaN is refused with its hook and context', async (t) => {
  const stream = source({}, { value: (token) => (token === 64 + 33 ? NaN : token) });
  t.after(() => stream.close());
  const batch = await stream.next(1);
  assert.match(batch.originOf(0), /^context 1\d of the corpus numbers, hook blocks\.0\.hook_resid_post$/);
  await assert.rejects(stream.next(400), { kind: 'not-finite', message: /context 33, position 0/ });
});

test('a corpus with nothing behind the held-out tokens, a hook that is not there and a cancelled run are typed errors', async () => {
  await assert.rejects(source({ heldOut: 80 * 16 }).next(1), { kind: 'bad-request', message: /no token to train on/ });
  assert.throws(() => source({ hookPoint: 'blocks.9.hook_resid_post' }), { kind: 'not-found' });
  assert.throws(() => source({ contextLength: 65 }), { kind: 'bad-config' });
  await assert.rejects(source({ signal: AbortSignal.abort() }).next(1), { kind: 'cancelled' });
  await assert.rejects(async () => source().seek({ epoch: 1 }), { kind: 'bad-file' });
});

test('the provenance names model and corpus, and no tensor is left behind', async (t) => {
  const count = tf.memory().numTensors;
  const stream = source();
  t.after(() => stream.close());
  await stream.next(500);
  assert.equal(tf.memory().numTensors, count);
  const { model, corpus: used, hookPoint, contextLength } = stream.identity;
  assert.deepEqual([model?.name, used?.name, hookPoint, contextLength], ['fake', 'numbers', 'blocks.0.hook_resid_post', 16]);
  assert.ok(used!.documents > 10 && used!.documents <= 80);
});
