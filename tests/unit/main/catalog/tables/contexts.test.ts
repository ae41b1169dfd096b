import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, contextsAfter, featuresByContext, findContext, findStore, stores } from '../../../../../src/main/catalog/tables/contexts.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('contexts are found by id, by their number in the store, and page by page', () => {
  const db = smallCatalog();
  assert.deepEqual([...context(db, 2)!.tokens], [0, 3, 3, 3, 0, 1, 1, 1]);
  assert.equal(findContext(db, 1, 5), 2);
  assert.equal(findContext(db, 1, 1), null);
  assert.equal(context(db, 3), null);
  assert.deepEqual(contextsAfter(db, 1, 10).map(({ id }) => id), [2]);
  assert.equal(findStore(db, 's'), stores(db)[0]!.id);
  db.close();
});

test('the features of matching contexts come in order, each with its first such context', () => {
  const db = smallCatalog();
  assert.deepEqual(featuresByContext(db, 1, '"red"', 10), [{ feature: 0, context: 1 }, { feature: 1, context: 2 }]);
  assert.deepEqual(featuresByContext(db, 1, '"blue"', 10), [{ feature: 0, context: 2 }, { feature: 1, context: 2 }]);
  assert.deepEqual(featuresByContext(db, 1, '"red"', 1), [{ feature: 0, context: 1 }]);
  assert.deepEqual(featuresByContext(db, 1, '"mauve"', 10), []);
  assert.deepEqual(featuresByContext(db, 2, '"red"', 10), []);
  db.close();
});
