import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMerge, addMergedRow, mergedRows, merges, undoneMerge } from '../../../../../src/main/catalog/tables/merges.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { uid: 'm', catalog: 'c', name: 'theirs.loupe', author: 'me', createdAt: 't', summary: '{"labels":1}' };

test('a merge remembers its rows until it is taken back', () => {
  const db = smallCatalog();
  const id = addMerge(db, row);
  const later = addMerge(db, { ...row, uid: 'n' });
  addMergedRow(db, id, { what: 'add labels', key: '["b"]', before: null });
  addMergedRow(db, id, { what: 'add labels', key: '["a"]', before: null });
  addMergedRow(db, id, { what: 'change lists', key: '["i"]', before: '{}' });
  assert.deepEqual(merges(db).map((merge) => merge.id), [later, id]);
  assert.deepEqual(mergedRows(db, id, 'add labels').map(({ key }) => key), ['["a"]', '["b"]']);
  undoneMerge(db, id, 'T');
  assert.deepEqual(mergedRows(db, id, 'change lists'), []);
  assert.deepEqual(merges(db).map(({ undoneAt }) => undoneAt), [null, 'T']);
});

test('a row is remembered once', () => {
  const db = smallCatalog();
  const id = addMerge(db, row);
  addMergedRow(db, id, { what: 'source', key: '2', before: null });
  assert.throws(() => addMergedRow(db, id, { what: 'source', key: '2', before: null }));
});
