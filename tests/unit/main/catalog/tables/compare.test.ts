import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setLabel } from '../../../../../src/main/catalog/labelling.ts';
import { exampleContextTokens, examplePeaks, shownLabels } from '../../../../../src/main/catalog/tables/compare.ts';
import { smallCatalog } from '../../../../support/small-catalog.ts';

test('contexts with examples once each, and where each example peaks', () => {
  const db = smallCatalog();
  assert.deepEqual([...exampleContextTokens(db, 1)].map(({ id, tokens }) => [id, tokens[1]]), [[1, 1], [2, 3]]);
  assert.deepEqual([...examplePeaks(db, 1)].map(({ feature, context, peak }) => [feature, context, peak]), [[0, 1, 1], [0, 2, 1], [1, 2, 1]]);
  assert.deepEqual([...examplePeaks(db, 2)], []);
});

test('the labels that are shown, not those of the history', () => {
  const db = smallCatalog();
  for (const text of ['first', 'second']) setLabel(db, { source: 1, index: 1, text, author: 'Ada', kind: 'manual', confidence: null, notes: '' });
  assert.deepEqual(shownLabels(db, 1), [{ index: 1, text: 'second', kind: 'manual', author: 'Ada' }]);
});
