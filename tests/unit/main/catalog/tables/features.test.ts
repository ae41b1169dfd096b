import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedCopies, feature, featureDetails, featuresAfter, labelCopies, labelText, setCurrentLabel } from '../../../../../src/main/catalog/tables/features.ts';
import { LoupeError } from '../../../../../src/shared/errors.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

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
  setCurrentLabel(db, 1, 1, null, null);
  assert.equal(labelCopies(db, 1, 1), expectedCopies(null, null));
  assert.equal(labelText(db, 1, 1), null);
  assert.deepEqual(featuresAfter(db, 1, 0, 5).map(({ index }) => index), [1, 2]);
  db.close();
});
