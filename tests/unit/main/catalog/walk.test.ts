import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel } from '../../../../src/main/catalog/labelling.ts';
import { source } from '../../../../src/main/catalog/tables/sources.ts';
import { setCurrentLabel } from '../../../../src/main/catalog/tables/features.ts';
import { knownTokens, walkContexts, walkFeatures, walkLabels } from '../../../../src/main/catalog/walk.ts';
import { smallCatalog } from '../../../support/small-catalog.ts';

test('every row is visited once, and a sound one has no problem', () => {
  const db = smallCatalog();
  assert.deepEqual([...walkContexts(db)].map(({ row, problem }) => [row.id, problem]), [[1, null], [2, null]]);
  assert.deepEqual([...walkFeatures(db, source(db, 1)!)].map(({ record, examples, problem }) => [record.index, examples.length, problem]), [[0, 2, null], [1, 1, null], [2, 0, null]]);
  assert.deepEqual([...walkLabels(db)], []);
  const knows = knownTokens(db, 1);
  assert.deepEqual([knows(3), knows(4)], [true, false]);
  db.close();
});

test('a feature that shows another label than its history has is a problem', () => {
  const db = smallCatalog();
  setLabel(db, { source: 1, index: 1, text: 'true', author: '', kind: 'manual', confidence: null, notes: '' });
  setCurrentLabel(db, 1, 1, { id: 1, text: 'false', kind: 'manual', confidence: null });
  assert.match([...walkFeatures(db, source(db, 1)!)][1]!.problem!, /another label/);
  db.close();
});
