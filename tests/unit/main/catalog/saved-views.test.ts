import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeSavedView, deleteSavedView, queryOf, restoreSavedView, savedViews, saveView } from '../../../../src/main/catalog/saved-views.ts';
import { addView, view } from '../../../../src/main/catalog/tables/views.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const query = { address: { sort: 'max', desc: '1', labelled: '0' }, columns: [{ id: 'index', width: 60 }] };
const kind = (wanted: string) => (error: unknown): boolean => error instanceof LoupeError && error.kind === wanted;

test('a view is saved, renamed, changed, removed and put back', () => {
  const db = smallCatalog();
  const names = (): string[] => savedViews(db, {}).views.map(({ name }) => name);
  const { view: saved } = saveView(db, { name: ' strong ones ', query, author: 'Ada' });
  saveView(db, { name: 'all', query: { address: {}, columns: null }, author: 'Ada' });
  assert.deepEqual(names(), ['all', 'strong ones']);
  assert.deepEqual(saved.query, query);
  assert.equal(changeSavedView(db, { view: saved.id, name: 'strongest', query: null }).before!.name, 'strong ones');
  assert.deepEqual(savedViews(db, {}).views.find(({ id }) => id === saved.id)!.query, query);
  changeSavedView(db, { view: saved.id, name: 'strongest', query: { address: { q: 'x' }, columns: null } });
  assert.deepEqual(savedViews(db, {}).views.find(({ id }) => id === saved.id)!.query.address, { q: 'x' });
  deleteSavedView(db, { view: saved.id });
  assert.deepEqual(names(), ['all']);
  assert.throws(() => deleteSavedView(db, { view: saved.id }), kind('not-found'));
  restoreSavedView(db, { view: saved.id });
  assert.deepEqual(names(), ['all', 'strongest']);
  db.close();
});

test('two views that stand have different names', () => {
  const db = smallCatalog();
  const { view: first } = saveView(db, { name: 'mine', query, author: '' });
  assert.throws(() => saveView(db, { name: 'mine', query, author: '' }), kind('conflict'));
  deleteSavedView(db, { view: first.id });
  saveView(db, { name: 'mine', query, author: '' });
  assert.throws(() => restoreSavedView(db, { view: first.id }), kind('conflict'));
  assert.throws(() => saveView(db, { name: '  ', query, author: '' }), kind('bad-request'));
  assert.throws(() => changeSavedView(db, { view: 99, name: 'x', query: null }), kind('not-found'));
  db.close();
});

test('a query that we did not write is not shown', () => {
  const db = smallCatalog();
  const id = addView(db, { uid: 'u', name: 'odd', query: '{"address": 7}', author: '', createdAt: 't', deletedAt: null });
  assert.equal(queryOf(view(db, id)!), null);
  assert.equal(queryOf({ ...view(db, id)!, query: 'no JSON' }), null);
  assert.deepEqual(savedViews(db, {}).views, []);
  db.close();
});
