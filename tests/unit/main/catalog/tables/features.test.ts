import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedCopies, feature, featureColumn, featureDetails, featurePage, featuresAfter, labelCopies, labelText, setCurrentLabel } from '../../../../../src/main/catalog/tables/features.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

const query = { source: 1, sort: 'density', descending: true, filter: {}, match: null, offset: 0, limit: 10 } as const;

test('pages are sorted, filtered and counted', () => {
  const db = smallCatalog();
  const indices = (changes: object): [number, number[]] => {
    const { total, rows } = featurePage(db, { ...query, ...changes });
    return [total, rows.map(({ index }) => index)];
  };
  assert.deepEqual(indices({}), [3, [0, 1, 2]]);
  assert.deepEqual(indices({ descending: false, limit: 2 }), [3, [2, 1]]);
  assert.deepEqual(indices({ filter: { dead: true } }), [1, [2]]);
  assert.deepEqual(indices({ filter: { maxMin: 1, maxMax: 1 } }), [1, [1]]);
  assert.deepEqual(indices({ match: { labels: '"blue"', contexts: '"blue"' } }), [2, [0, 1]]);
  db.close();
});

test('a column has NaN where a feature has not been built yet', () => {
  const db = smallCatalog();
  assert.deepEqual([...featureColumn(db, 1, 4, 'max')], [2, 1, 0, NaN]);
  db.close();
});

test('details come back as they went in; without a row the file is damaged', () => {
  const db = smallCatalog();
  assert.deepEqual(featureDetails(db, 1, 0).logits, { ids: Int32Array.of(1, 2), values: Float32Array.of(0.5, -0.5) });
  assert.equal(featureDetails(db, 1, 0).histogram[49], 2);
  assert.throws(() => featureDetails(db, 1, 9), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file');
  db.close();
});

test('the current label is copied to the row that is sorted by, and taken off again', () => {
  const db = smallCatalog();
  setCurrentLabel(db, 1, 1, { id: 5, text: 'colours', kind: 'rule', confidence: 2, family: 'topic', notes: 'some' }, 0.75);
  assert.deepEqual({ ...db.get('SELECT family, notes, score FROM features WHERE idx = 1')! }, { family: 'topic', notes: 1, score: 0.75 });
  assert.deepEqual([labelText(db, 1, 1), feature(db, 1, 1)!.confidence], ['colours', 2]);
  assert.deepEqual(featurePage(db, { ...query, filter: { labelled: true } }).rows.map(({ index }) => index), [1]);
  setCurrentLabel(db, 1, 1, null, null);
  assert.equal(labelCopies(db, 1, 1), expectedCopies(null, null));
  assert.equal(labelText(db, 1, 1), null);
  assert.deepEqual(featuresAfter(db, 1, 0, 5).map(({ index }) => index), [1, 2]);
  db.close();
});
