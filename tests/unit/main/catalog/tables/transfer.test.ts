import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSchema } from '../../../../../src/main/catalog/tables/schema.ts';
import { examplePlaces, dropContextIndex } from '../../../../../src/main/catalog/tables/transfer.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('examples lie where they lie, by group and rank', () => {
  const db = smallCatalog();
  assert.deepEqual(examplePlaces(db, 1, 0), [{ group: 0, rank: 0, context: 1, peak: 1 }, { group: 0, rank: 1, context: 2, peak: 1 }]);
  assert.deepEqual(examplePlaces(db, 1, 2), []);
  db.close();
});

test('the index by context is gone until it is made anew, and is then the same', () => {
  const db = smallCatalog();
  const before = readSchema(db);
  const restore = dropContextIndex(db);
  assert.ok(!readSchema(db).some((entry) => entry.name === 'examples_by_context'));
  restore();
  assert.deepEqual(readSchema(db), before);
  db.close();
});
