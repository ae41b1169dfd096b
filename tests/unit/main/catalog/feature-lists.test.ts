import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addToFeatureList, changeListItem, createFeatureList, deleteFeatureList, featureListItems, featureListsOf, listsOfFeature, removeFromFeatureList, renameFeatureList, restoreFeatureList,
} from '../../../../src/main/catalog/feature-lists.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

const kind = (name: string) => (error: unknown) => error instanceof LoupeError && error.kind === name;
const at = (index: number) => ({ source: 1, index });

test('every change gives back what its undo needs', () => {
  const db = smallCatalog();
  const { list } = createFeatureList(db, { name: ' herbs ', notes: '', author: 'Ada' });
  assert.equal(list.name, 'herbs');
  assert.deepEqual(addToFeatureList(db, { list: list.id, items: [at(2), at(0)], author: 'Ada' }).added, [at(2), at(0)]);
  assert.deepEqual(addToFeatureList(db, { list: list.id, items: [at(0), at(1)], author: 'Bo' }).added, [at(1)]);
  assert.deepEqual(listsOfFeature(db, at(0)).lists, [list.id]);
  const order = (): number[] => featureListItems(db, { list: list.id }).items.map(({ index }) => index);
  assert.deepEqual(order(), [2, 0, 1]);
  const { before } = changeListItem(db, { list: list.id, ...at(1), place: 0.5, note: 'first of all' });
  assert.deepEqual(order(), [1, 2, 0]);
  changeListItem(db, { list: list.id, ...at(1), place: before.place, note: before.note });
  assert.deepEqual(order(), [2, 0, 1]);
  const { removed } = removeFromFeatureList(db, { list: list.id, items: [at(0), at(7)] });
  assert.deepEqual(removed.map(({ index, author }) => [index, author]), [[0, 'Ada']]);
  addToFeatureList(db, { list: list.id, items: removed.map(({ source, index, place, note }) => ({ source, index, place, note })), author: 'Ada' });
  assert.deepEqual(order(), [2, 0, 1]);
  assert.equal(renameFeatureList(db, { list: list.id, name: 'spices', notes: 'n' }).before.name, 'herbs');
  deleteFeatureList(db, { list: list.id });
  assert.deepEqual(featureListsOf(db, {}).lists, []);
  assert.equal(restoreFeatureList(db, { list: list.id }).list.items, 3);
  assert.deepEqual(featureListsOf(db, {}).lists.map(({ name, items }) => [name, items]), [['spices', 3]]);
  db.close();
});

test('what is not there, and what has no name, is refused', () => {
  const db = smallCatalog();
  assert.throws(() => createFeatureList(db, { name: '  ', notes: '', author: '' }), kind('bad-request'));
  assert.throws(() => featureListItems(db, { list: 4 }), kind('not-found'));
  const { list } = createFeatureList(db, { name: 'x', notes: '', author: '' });
  assert.throws(() => addToFeatureList(db, { list: list.id, items: [at(0), at(9)], author: '' }), kind('not-found'));
  assert.deepEqual(featureListItems(db, { list: list.id }).items, [], 'all or nothing');
  assert.throws(() => changeListItem(db, { list: list.id, ...at(0) }), kind('not-found'));
  deleteFeatureList(db, { list: list.id });
  assert.throws(() => deleteFeatureList(db, { list: list.id }), kind('not-found'));
  db.close();
});

test('thousands of items are checked as one is: what is no feature, or no source, is refused, and nothing is added', () => {
  const db = smallCatalog();
  const { list } = createFeatureList(db, { name: 'many', notes: '', author: '' });
  const many = Array.from({ length: 1500 }, (_, i) => at(i % 3));
  assert.deepEqual(addToFeatureList(db, { list: list.id, items: many, author: 'Ada' }).added, [at(0), at(1), at(2)]);
  assert.throws(() => addToFeatureList(db, { list: list.id, items: [...many, at(3)], author: '' }), (error: unknown) => kind('not-found')(error) && /no feature 3/.test((error as LoupeError).message));
  assert.throws(() => addToFeatureList(db, { list: list.id, items: [...many, { source: 2, index: 0 }], author: '' }), (error: unknown) => kind('not-found')(error) && /no source 2/.test((error as LoupeError).message));
  assert.deepEqual(featureListItems(db, { list: list.id }).items.map(({ index }) => index), [0, 1, 2]);
  db.close();
});
