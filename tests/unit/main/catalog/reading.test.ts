import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besideContext, featurePageOf, features, search, wholeContext } from '../../../../src/main/catalog/reading.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('a feature\'s page, worked out by hand', () => {
  const db = smallCatalog();
  const page = featurePageOf(db, { source: 1, index: 0 });
  assert.deepEqual([page.firings, page.density, page.tokens, page.dead], [2, 2 / 14, 14, false]);
  // Fifths of (0, 2], highest first: all firings are counted in the first.
  assert.deepEqual(page.groups.map(({ name, low, high, share }) => [name, Number(low.toFixed(6)), Number(high.toFixed(6)), share]), [
    ['Top activations', 1, 2, null], ['Interval 5 of 5', 1.6, 2, 1], ['Interval 4 of 5', 1.2, 1.6, 0], ['Interval 3 of 5', 0.8, 1.2, 0], ['Interval 2 of 5', 0.4, 0.8, 0], ['Interval 1 of 5', 0, 0.4, 0],
  ]);
  const [first, second] = page.groups[0]!.examples;
  assert.deepEqual(first!.tokens, ['<|end|>', ' red', ' green', ' red', ' green', ' red', ' green', '<|end|>']);
  assert.deepEqual([...first!.activations.data], [0, 2, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(first!.special, [0, 7]);
  assert.equal(first!.step, 2 / 255);
  assert.deepEqual([first!.document, second!.document], [0, 1]);
  assert.deepEqual(page.topLogits, [{ token: ' red', tokenId: 1, value: 0.5 }]);
  assert.deepEqual(page.bottomLogits, [{ token: ' green', tokenId: 2, value: -0.5 }]);
  assert.deepEqual(page.neighbours, [{ index: 1, cosine: 0.25, label: null }]);
  db.close();
});

test('a dead feature has a page too', () => {
  const db = smallCatalog();
  const page = featurePageOf(db, { source: 1, index: 2 });
  assert.equal(page.dead, true);
  assert.ok(page.groups.every(({ examples }) => examples.length === 0));
  db.close();
});

test('the table shows what stands around the peak', () => {
  const db = smallCatalog();
  const { rows } = features(db, { source: 1, sort: 'index', descending: false, filter: {}, search: null, offset: 0, limit: 3 });
  assert.deepEqual(rows[0]!.preview, { before: '<|end|>', peak: ' red', after: ' green red green red green<|end|>' });
  assert.equal(rows[2]!.preview, null);
  db.close();
});

test('a context without a window of the feature is shown with zeros', () => {
  const db = smallCatalog();
  const whole = wholeContext(db, { source: 1, index: 1, context: 1 });
  assert.deepEqual([...whole.activations.data], new Array(8).fill(0));
  assert.equal(whole.tokens.length, 8);
  db.close();
});

test('hits in contexts carry the feature, the context and where the words are', () => {
  const db = smallCatalog();
  const { hits } = search(db, { source: 1, text: 'blue', in: 'contexts', limit: 5 });
  assert.deepEqual(hits.map(({ index, context }) => [index, context]), [[0, 2], [1, 2]]);
  assert.deepEqual(hits[0]!.marks.map(([start, end]) => hits[0]!.snippet.slice(start, end)), ['blue', 'blue', 'blue']);
  db.close();
});

test('the context before and after, where the catalog holds it', () => {
  const db = smallCatalog();
  // The small catalog stores contexts 0 and 5 of its store: no neighbours. Made 1, the second one is beside the first.
  assert.deepEqual(besideContext(db, { source: 1, index: 0, context: 1, by: 1 }), { context: null });
  db.run('UPDATE contexts SET number = 1 WHERE id = 2');
  const { context } = besideContext(db, { source: 1, index: 0, context: 1, by: 1 });
  assert.deepEqual([context!.context, context!.tokens[1], context!.activations.data[1]], [2, ' blue', 1]);
  assert.deepEqual(besideContext(db, { source: 1, index: 0, context: 1, by: -1 }), { context: null });
  assert.throws(() => besideContext(db, { source: 1, index: 0, context: 9, by: 1 }), /no context 9/);
  db.close();
});
