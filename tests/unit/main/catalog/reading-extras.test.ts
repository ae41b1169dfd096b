import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extrasOf, histogramOf, negativeOf, tokenClassOf } from '../../../../src/main/catalog/reading-extras.ts';
import { feature } from '../../../../src/main/catalog/tables/features.ts';
import { smallExtras } from '../../../support/empty-extras.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('what stands beside a feature, worked out by hand', () => {
  const db = smallCatalog();
  const extras = extrasOf(db, 1, feature(db, 1, 0)!, smallExtras({ heads: Float32Array.of(1, 3) }))!;
  assert.deepEqual(extras.aligned, [{ dimension: 1, value: 4, share: 4 / 7 }, { dimension: 0, value: -3, share: 3 / 7 }]);
  assert.deepEqual([...extras.heads!.data], [0.25, 0.75]);
  assert.deepEqual(extras.correlated, [{ index: 1, correlation: 0.25, label: null }]);
  // Feature 0 fires twice, feature 1 once, once together: 1 / (2 + 1 - 1).
  assert.deepEqual(extras.cooccurring, [{ index: 1, count: 1, jaccard: 0.5, label: null }]);
  assert.deepEqual([extras.weights.norm, extras.weights.l1], [5, 7]);
  db.close();
});

test('a feature that an incomplete catalog lacks is left out', () => {
  const db = smallCatalog();
  const extras = extrasOf(db, 1, feature(db, 1, 0)!, smallExtras({ cooccurring: { ids: Int32Array.of(9, 1), counts: Int32Array.of(2, 1) } }))!;
  assert.deepEqual(extras.cooccurring.map(({ index, count }) => [index, count]), [[1, 1]]);
  db.close();
});

test('a catalog of an older Loupe has no extras; a class nobody knows is none', () => {
  const db = smallCatalog();
  assert.equal(extrasOf(db, 1, feature(db, 1, 1)!, null), null);
  assert.deepEqual([negativeOf(null), negativeOf(smallExtras())], [null, null]);
  assert.deepEqual(negativeOf(smallExtras({ negative: { low: 0, high: 1, counts: Uint32Array.of(2) } })), histogramOf({ low: 0, high: 1, counts: Uint32Array.of(2) }));
  assert.deepEqual(['digit', 'verb', null].map(tokenClassOf), ['digit', null, null]);
  db.close();
});
