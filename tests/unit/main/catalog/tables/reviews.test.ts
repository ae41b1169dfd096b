import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { featureReviews, review, reviewCounts, reviews, setReview } from '../../../../../src/main/catalog/tables/reviews.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { source: 1, feature: 0, author: 'Ada', state: 'skipped', createdAt: 't' } as const;

test('one state a feature and author; null removes it', () => {
  const db = smallCatalog();
  setReview(db, row);
  setReview(db, { ...row, state: 'unsure' });
  setReview(db, { ...row, author: 'Bo' });
  setReview(db, { ...row, feature: 1 });
  assert.equal(review(db, 1, 0, 'Ada')!.state, 'unsure');
  assert.deepEqual(featureReviews(db, 1, 0).map(({ author, state }) => [author, state]), [['Ada', 'unsure'], ['Bo', 'skipped']]);
  assert.deepEqual(reviewCounts(db, 1, 'Ada'), { skipped: 1, unsure: 1 });
  setReview(db, { ...row, state: null });
  assert.equal(review(db, 1, 0, 'Ada'), null);
  assert.equal([...reviews(db)].length, 2);
  db.close();
});

test('a state that nobody knows is damage', () => {
  const db = smallCatalog();
  db.exec('PRAGMA ignore_check_constraints = ON');
  db.exec(`INSERT INTO reviews VALUES (1, 0, 'Ada', 'bored', 't')`);
  assert.throws(() => [...reviews(db)], (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
  db.close();
});
