import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examples, examplesInContext, topExample } from '../../../../../src/main/catalog/tables/examples.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('examples come by group and rank, the top one first', () => {
  const db = smallCatalog();
  assert.deepEqual(examples(db, 1, 0).map(({ rank, value }) => [rank, value]), [[0, 2], [1, 1]]);
  assert.equal(topExample(db, 1, 0)!.value, 2);
  assert.deepEqual(examplesInContext(db, 1, 0, 2).map(({ rank }) => rank), [1]);
  assert.deepEqual(examples(db, 1, 2), []);
  assert.equal(topExample(db, 1, 2), null);
  db.close();
});
