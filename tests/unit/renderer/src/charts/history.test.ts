import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curves } from '../../../../../src/renderer/src/charts/history.ts';

const history = (names: string[], data: number[]) => ({ names, values: { dtype: 'float64' as const, shape: [data.length / Math.max(1, names.length), names.length], data: Float64Array.from(data) } });

test('columns are curves over the step, with gaps where a row lacks them', () => {
  assert.deepEqual([...curves(history(['step', 'loss'], [1, 5, 3, Number.NaN]))], [['step', [[1, 1], [3, 3]]], ['loss', [[1, 5], [3, null]]]]);
});

test('rows are numbered where there is no step, and nothing is nothing', () => {
  assert.deepEqual(curves(history(['loss'], [5, 4])).get('loss'), [[0, 5], [1, 4]]);
  assert.equal(curves(history([], [])).size, 0);
});
