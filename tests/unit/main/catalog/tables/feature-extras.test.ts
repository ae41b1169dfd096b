import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFeatureExtras, featureExtras } from '../../../../../src/main/catalog/tables/feature-extras.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallExtras } from '../../../../support/empty-extras.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('extras come back as they were written; a feature without any has none', () => {
  const db = smallCatalog();
  assert.deepEqual(featureExtras(db, 1, 0), smallExtras());
  assert.equal(featureExtras(db, 1, 1), null);
  const full = smallExtras({ heads: Float32Array.of(1, 2), negative: { low: 0, high: 1, counts: Uint32Array.of(3, 4) }, negativeBins: Uint32Array.of(7) });
  addFeatureExtras(db, 1, 1, full);
  assert.deepEqual(featureExtras(db, 1, 1), full);
  db.close();
});

test('a blob that is too long, or no multiple of its unit, is damage', () => {
  const db = smallCatalog();
  for (const [column, bytes] of [['correlated', 7], ['heads', 4 * 1025], ['logit_histogram', 4 * 1001], ['cooccurring', 8 * 1001]] as const) {
    db.run(`UPDATE feature_extras SET ${column} = ? WHERE idx = 0`, new Uint8Array(bytes));
    assert.throws(() => featureExtras(db, 1, 0), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file' && error.message.includes(column));
    db.run(`UPDATE feature_extras SET ${column} = ? WHERE idx = 0`, new Uint8Array(0));
  }
  db.close();
});
