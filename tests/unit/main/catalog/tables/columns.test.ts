import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { changedLabelRows, featuresByLabel, featuresInList, featuresMatchingContexts, figureRows, lastChange, matchingContexts, packedColumn, packedColumnNames, putPackedColumn } from '../../../../../src/main/catalog/tables/columns.ts';
import { setCurrentLabel } from '../../../../../src/main/catalog/tables/features.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('a packed column is read when its size is allowed', () => {
  const db = smallCatalog();
  putPackedColumn(db, 1, 'max', Uint8Array.of(1, 2, 3));
  assert.deepEqual([...packedColumn(db, 1, 'max', (bytes) => bytes === 3)!], [1, 2, 3]);
  assert.equal(packedColumn(db, 1, 'max', (bytes) => bytes === 4), null);
  assert.equal(packedColumn(db, 2, 'max', () => true), null);
  assert.deepEqual(packedColumnNames(db, 1), ['max']);
  db.close();
});

test('each change of a feature has a later revision, and only what changed since is listed', () => {
  const db = smallCatalog();
  assert.equal(lastChange(db, 1), 0);
  setCurrentLabel(db, 1, 2, { id: 5, text: 'b', kind: 'rule', confidence: null, family: '', notes: '' }, null);
  setCurrentLabel(db, 1, 0, { id: 6, text: 'A', kind: 'rule', confidence: null, family: '', notes: '' }, null);
  assert.equal(lastChange(db, 1), 2);
  assert.deepEqual(changedLabelRows(db, 1, 1).map(([index]) => index), [0]);
  // Case does not count: A before b.
  assert.deepEqual(featuresByLabel(db, 1), [0, 2]);
  db.close();
});

test('every statement that updates features tells readers so', () => {
  const folder = join(import.meta.dirname, '../../../../../src/main/catalog/tables');
  for (const file of readdirSync(folder)) {
    const updates = readFileSync(join(folder, file), 'utf8').match(/UPDATE features SET[^`']*/g) ?? [];
    for (const update of updates) assert.match(update, /changed|\$\{nextRevision\}/, `${file}: ${update}`);
  }
});

test('rows, lists and matches of a source', () => {
  const db = smallCatalog();
  assert.deepEqual(figureRows(db, 1).map((row) => row[0]), [0, 1, 2]);
  assert.deepEqual(matchingContexts(db, '"blue"'), [2]);
  assert.deepEqual(featuresMatchingContexts(db, 1, '"blue"').toSorted(), [0, 1]);
  assert.deepEqual(featuresInList(db, 1, 1), []);
  db.close();
});
