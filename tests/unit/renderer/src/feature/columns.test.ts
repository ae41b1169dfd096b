import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureRow } from '../../../../../src/shared/schema/catalog.ts';
import { featureColumns } from '../../../../../src/shared/schema/feature-query.ts';
import { column, columns, defaultLayout, gridColumns, leastWidth, moveColumn, narrowest, parseLayout, resizeColumn, sortOf, toggleColumn } from '../../../../../src/renderer/src/feature/columns.ts';

const row: FeatureRow = { index: 1234, density: 0.01, max: 2, mean: 1, min: 0, dead: false, tokenClass: 'digits', label: null, labelKind: null, confidence: null, family: null, score: null, notes: false, preview: null };

test('every column of the contract can be shown, and the example and the name of a unit beside', () => {
  assert.deepEqual(columns.map(({ id }) => id).toSorted(), [...featureColumns, 'preview', 'unit'].toSorted());
  assert.deepEqual([sortOf('unit'), sortOf('preview'), sortOf('max')], ['index', null, 'max']);
  assert.deepEqual(['index', 'max', 'tokenClass', 'score', 'confidence'].map((id) => column(id as 'index').text!(row)), ['1,234', '2.00', 'digits', '', '']);
  assert.equal(column('max').text!({ ...row, dead: true }), '–');
});

test('a column is shown at its place and hidden again; the last one stays', () => {
  const ids = (layout: typeof defaultLayout): string[] => layout.map(({ id }) => id);
  const shown = toggleColumn(defaultLayout, 'min');
  assert.deepEqual(ids(shown), ['index', 'density', 'max', 'mean', 'min', 'label']);
  assert.deepEqual(toggleColumn(shown, 'min'), defaultLayout);
  assert.deepEqual(ids(toggleColumn([{ id: 'max', width: 50 }], 'max')), ['max']);
  assert.deepEqual(ids(moveColumn(defaultLayout, 'label', -2)), ['index', 'density', 'label', 'max', 'mean']);
  assert.equal(moveColumn(defaultLayout, 'index', -1), defaultLayout);
});

test('widths stay in bounds, and one column of words takes what is left', () => {
  assert.equal(resizeColumn(defaultLayout, 'max', 3).find(({ id }) => id === 'max')!.width, narrowest);
  assert.equal(gridColumns([{ id: 'max', width: 50 }, { id: 'label', width: 300 }, { id: 'score', width: 60 }]), '50px minmax(120px, 1fr) 60px');
  assert.equal(gridColumns([{ id: 'index', width: 60 }, { id: 'max', width: 50 }]), '60px minmax(50px, 1fr)');
  // 50 + 120 + 60, two gaps of 10, 16 beside.
  assert.equal(leastWidth([{ id: 'max', width: 50 }, { id: 'label', width: 300 }, { id: 'score', width: 60 }], 10, 16), 266);
});

test('a remembered layout of any kind is read as far as it makes sense', () => {
  assert.deepEqual(parseLayout([{ id: 'max', width: 70 }, { id: 'max', width: 80 }, { id: 'none' }, 7, { id: 'label' }]), [{ id: 'max', width: 70 }, { id: 'label', width: 280 }]);
  assert.equal(parseLayout('columns'), null);
  assert.equal(parseLayout([]), null);
});
