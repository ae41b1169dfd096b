import assert from 'node:assert/strict';
import { test } from 'node:test';
import { facetsOf } from '../../../../../src/main/catalog/columns/facets.ts';
import { columnsOf } from '../../../../../src/main/catalog/columns/source-columns.ts';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { source } from '../../../../../src/main/catalog/tables/sources.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('names come with how many features have them, the most frequent first; deleted lists do not', () => {
  const db = smallCatalog();
  for (const [index, author] of [[0, 'Ada'], [1, 'Bo'], [2, 'Bo']] as const) setLabel(db, { source: 1, index, text: 'x', author, kind: 'manual', confidence: null, notes: '' });
  db.exec(`UPDATE features SET token_class = 'colours' WHERE idx = 1`);
  db.exec(`INSERT INTO lists VALUES (1, 'u1', 'mine', '', 'Ada', 't', NULL), (2, 'u2', 'gone', '', 'Ada', 't', 't')`);
  db.exec(`INSERT INTO list_items VALUES (1, 1, 2, 0, '', 'Ada', 't')`);
  assert.deepEqual(facetsOf(db, columnsOf(db, source(db, 1)!)), {
    families: [], tokenClasses: [{ name: 'colours', features: 1 }], authors: [{ name: 'Bo', features: 2 }, { name: 'Ada', features: 1 }],
    lists: [{ id: 1, name: 'mine', features: 1 }],
  });
  db.close();
});
