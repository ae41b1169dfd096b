import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addView, allViews, changeView, markView, view } from '../../../../../src/main/catalog/tables/views.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('views are added, changed and marked as removed; all are listed', () => {
  const db = smallCatalog();
  const id = addView(db, { uid: 'u', name: 'dense', query: '{}', author: 'Ada', createdAt: 't', deletedAt: null });
  changeView(db, id, { name: 'denser', query: '[]' });
  markView(db, id, 'later');
  assert.deepEqual(allViews(db), [{ id, uid: 'u', name: 'denser', query: '[]', author: 'Ada', createdAt: 't', deletedAt: 'later' }]);
  markView(db, id, null);
  assert.equal(view(db, id)!.deletedAt, null);
  assert.equal(view(db, 99), null);
  db.close();
});
