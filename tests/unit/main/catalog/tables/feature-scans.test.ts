import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classColumn, neighbourRows } from '../../../../../src/main/catalog/tables/feature-scans.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('neighbours come feature by feature', () => {
  const db = smallCatalog();
  assert.deepEqual([...neighbourRows(db, 1)].map(({ index }) => index), [0, 1, 2]);
  db.close();
});

test('a cell without a class, and one of another type, is null', () => {
  const db = smallCatalog();
  db.run("UPDATE features SET family = '' WHERE idx = 0");
  db.run("UPDATE features SET family = 'topic' WHERE idx = 1");
  assert.deepEqual(classColumn(db, 1, 3, 'family'), [null, 'topic', null]);
  assert.deepEqual(classColumn(db, 1, 2, 'labelled'), ['unlabelled', 'unlabelled']);
  db.run('UPDATE features SET score = -0.5 WHERE idx = 2');
  assert.deepEqual(classColumn(db, 1, 3, 'score'), [null, null, '0.0 and more']);
  db.close();
});
