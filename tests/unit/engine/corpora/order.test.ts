import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorpusDocument } from '../../../../src/engine/corpora/definition.ts';
import { shuffled } from '../../../../src/engine/corpora/order.ts';
import { collect } from '../../../support/collect.ts';

async function* numbered(count: number): AsyncGenerator<CorpusDocument> {
  for (let i = 0; i < count; i++) yield { id: String(i), text: `text ${i}` };
}

const order = async (seed: number, count = 50, window?: { documents: number; length: number }): Promise<number[]> =>
  (await collect(shuffled(numbered(count), seed, window))).map(({ id }) => Number(id));

test('a seed gives one order, another seed another, and no document is lost', async () => {
  const [a, again, b] = [await order(1), await order(1), await order(2)];
  assert.deepEqual(a, again);
  assert.notDeepEqual(a, b);
  assert.deepEqual(a.toSorted((x, y) => x - y), Array.from({ length: 50 }, (_, i) => i));
});

test('a document never comes out before the window has reached it', async () => {
  const out = await order(3, 200, { documents: 10, length: 1e9 });
  for (const [place, document] of out.entries()) assert.ok(document <= place + 10, `${document} at ${place}`);
  assert.equal(new Set(out).size, 200);
});

test('the window is bounded by its text too', async () => {
  const out = await order(3, 200, { documents: 1e9, length: 70 }); // ten documents of about seven characters
  for (const [place, document] of out.entries()) assert.ok(document <= place + 12, `${document} at ${place}`);
});

test('every place is equally likely for a corpus that fits the window', async () => {
  // Document 0 of 5 over 2,000 seeds: 400 expected at each place, standard deviation 17.9; five of them are 90.
  const places = new Array<number>(5).fill(0);
  for (let seed = 0; seed < 2000; seed++) places[(await order(seed, 5)).indexOf(0)]!++;
  for (const count of places) assert.ok(Math.abs(count - 400) < 90, `${places}`);
});
