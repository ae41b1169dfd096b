import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packSource } from '../../../../../src/main/catalog/columns/packed.ts';
import { columnsOf } from '../../../../../src/main/catalog/columns/source-columns.ts';
import { setLabel, undoLastLabel } from '../../../../../src/main/catalog/labelling.ts';
import { withSelection } from '../../../../../src/main/catalog/selection.ts';
import { source } from '../../../../../src/main/catalog/tables/sources.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const label = { source: 1, index: 1, text: 'colours', author: 'Ada', kind: 'manual', confidence: 4, notes: 'warm' } as const;

test('columns stay in memory, and a label changes them in place', () => {
  const db = smallCatalog();
  packSource(db, source(db, 1)!);
  const before = columnsOf(db, source(db, 1)!);
  assert.deepEqual([...before.labels().labelled], [0, 0, 0]);
  before.results.set('kept', 1);
  setLabel(db, label);
  const after = columnsOf(db, source(db, 1)!);
  assert.equal(after, before);
  const { labelled, confidence, kind } = after.labels();
  assert.deepEqual([[...labelled], [...confidence], [...kind]], [[0, 1, 0], [NaN, 4, NaN], [0, 1, 0]]);
  assert.equal(after.results.size, 0);
  assert.deepEqual([after.authors()[1], after.featureOfLabel(1), after.featureOfLabel(2)], ['Ada', 1, undefined]);
  undoLastLabel(db, { source: 1, index: 1 });
  assert.deepEqual([...columnsOf(db, source(db, 1)!).labels().labelled], [0, 0, 0]);
  db.close();
});

test('without a change the same results are kept', () => {
  const db = smallCatalog();
  const columns = columnsOf(db, source(db, 1)!);
  columns.results.set('kept', 1);
  assert.equal(columnsOf(db, source(db, 1)!).results.get('kept'), 1);
  db.close();
});

test('a source that is still being built is read anew after each step, and lacks what is not there', () => {
  const db = smallCatalog();
  const row = { ...source(db, 1)!, complete: false, features: 5 };
  const columns = columnsOf(db, row);
  assert.deepEqual([...columns.figure('max')], [2, 1, 0, NaN, NaN]);
  assert.deepEqual([...columns.present()!], [1, 1, 1, 0, 0]);
  const { present, absent } = columns.order('label');
  assert.deepEqual([[...present], [...absent]], [[], [0, 1, 2]]);
  setLabel(db, label);
  assert.notEqual(columnsOf(db, row), columns);
  db.close();
});

test('a file that holds a selection lists what it holds, packed or not', () => {
  const db = smallCatalog();
  const row = { ...source(db, 1)!, features: 5, provenance: withSelection('{}', { features: 3 }) };
  assert.deepEqual([...columnsOf(db, row).present()!], [1, 1, 1, 0, 0]);
  packSource(db, row);
  const columns = columnsOf(db, { ...row, features: 5, id: 1 });
  assert.deepEqual([...columns.present()!], [1, 1, 1, 0, 0]);
  assert.deepEqual([...columns.order('max').present], [2, 1, 0]);
  db.close();
});

test('a file that claims more features than fit in memory is refused', () => {
  const db = smallCatalog();
  assert.throws(() => columnsOf(db, { ...source(db, 1)!, features: 2 ** 40 }), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
  db.close();
});
