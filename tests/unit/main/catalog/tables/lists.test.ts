import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addItem, addList, allItems, allLists, changeItem, list, listItem, listItems, listSize, listsOf, markList, nextPlace, removeItem, renameList } from '../../../../../src/main/catalog/tables/lists.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const row = { uid: 'l1', name: 'herbs', notes: '', author: 'Ada', createdAt: 't', deletedAt: null };
const item = (list: number, feature: number, place: number) => ({ list, source: 1, feature, place, note: '', author: 'Ada', createdAt: 't' });

test('items stand by place, one a feature; a place between two others moves one there', () => {
  const db = smallCatalog();
  const id = addList(db, row);
  assert.equal(nextPlace(db, id), 1);
  assert.deepEqual([addItem(db, item(id, 2, 1)), addItem(db, item(id, 0, 2)), addItem(db, item(id, 1, 3)), addItem(db, item(id, 1, 9))], [true, true, true, false]);
  changeItem(db, id, 1, 1, { place: 1.5, note: 'why' });
  assert.deepEqual(listItems(db, id).map(({ feature, note }) => [feature, note]), [[2, ''], [1, 'why'], [0, '']]);
  assert.deepEqual([nextPlace(db, id), listSize(db, id)], [3, 3]);
  removeItem(db, id, 1, 2);
  assert.equal(listItem(db, id, 1, 2), null);
  assert.equal(listItem(db, id, 1, 1)!.place, 1.5);
  db.close();
});

test('a removed list keeps its items and no longer holds features', () => {
  const db = smallCatalog();
  const id = addList(db, row);
  addItem(db, item(id, 0, 1));
  renameList(db, id, 'spices', 'hot');
  assert.deepEqual([list(db, id)!.name, list(db, id)!.notes], ['spices', 'hot']);
  assert.deepEqual(listsOf(db, 1, 0), [id]);
  markList(db, id, 'later');
  assert.deepEqual([listsOf(db, 1, 0), allLists(db).length, [...allItems(db)].length], [[], 1, 1]);
  markList(db, id, null);
  assert.deepEqual(listsOf(db, 1, 0), [id]);
  assert.equal(list(db, 99), null);
  db.close();
});
