import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFeatureComment, commentsOf, deleteFeatureComment, restoreFeatureComment } from '../../../../src/main/catalog/commenting.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('comments are added, removed and put back; an empty one is refused', () => {
  const db = smallCatalog();
  const { comment } = addFeatureComment(db, { source: 1, index: 1, text: ' two senses? ', author: 'Ada' });
  assert.equal(comment.text, 'two senses?');
  const shown = (): string[] => commentsOf(db, { source: 1, index: 1 }).comments.map(({ text }) => text);
  assert.deepEqual([deleteFeatureComment(db, { comment: comment.id }).index, shown()], [1, []]);
  restoreFeatureComment(db, { comment: comment.id });
  assert.deepEqual(shown(), ['two senses?']);
  for (const [call, kind] of [[() => addFeatureComment(db, { source: 1, index: 1, text: '\n', author: '' }), 'bad-request'], [() => deleteFeatureComment(db, { comment: 9 }), 'not-found']] as const) {
    assert.throws(call, (error: unknown) => error instanceof LoupeError && error.kind === kind);
  }
  db.close();
});
