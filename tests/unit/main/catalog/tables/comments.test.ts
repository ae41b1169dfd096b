import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addComment, comment, commentsAfter, featureComments, markComment } from '../../../../../src/main/catalog/tables/comments.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { uid: 'c1', source: 1, feature: 0, text: 'looks like herbs', author: 'Ada', createdAt: 't', deletedAt: null };

test('a removed comment is not shown, and can be put back', () => {
  const db = smallCatalog();
  const first = addComment(db, row);
  const second = addComment(db, { ...row, uid: 'c2', text: 'no' });
  markComment(db, first, 'later');
  assert.deepEqual(featureComments(db, 1, 0).map(({ id }) => id), [second]);
  assert.equal(comment(db, first)!.deletedAt, 'later');
  markComment(db, first, null);
  assert.deepEqual(featureComments(db, 1, 0).map(({ id }) => id), [first, second]);
  assert.deepEqual(commentsAfter(db, first, 9).map(({ text }) => text), ['no']);
  assert.equal(comment(db, 9), null);
  assert.throws(() => addComment(db, row), 'the same uid twice');
  db.close();
});
