import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareFigures, quantile } from '../../../../src/main/compare/figures.ts';
import type { MetricRecord } from '../../../../src/shared/schema/evaluation.ts';

const record = (id: string, value: number, set: 'counted' | 'all' = 'counted'): MetricRecord => ({ id, value, definition: `how ${id} is defined`, tokens: { count: 1, set } }) as unknown as MetricRecord;
const side = { source: { features: 4, tokens: 100, dead: 1, labelled: 2 }, density: Float32Array.of(0, 0.25, 0.5, 0.75) };

test('quantiles lie between two values', () => {
  assert.deepEqual([quantile([1, 3], 0.5), quantile([1, 2, 4], 1), quantile([7], 0.1), quantile([], 0.5)], [2, 4, 7, null]);
});

test('what catalogs count and what was evaluated, side by side; the formula is that of the record', () => {
  const rows = new Map(compareFigures({ ...side, records: [record('fvu', 0.2), record('fvu', 0.9, 'all')] }, { ...side, records: [record('fvu', 0.1), record('mse', 3)] }).map((row) => [row.id, row]));
  assert.deepEqual([rows.get('dead')!.a, rows.get('labelled')!.b, rows.get('l0')!.a, rows.get('q50')!.a], [0.25, 0.5, 1.5, 0.5]);
  assert.deepEqual([rows.get('fvu')!.a, rows.get('fvu')!.b, rows.get('mse')!.a, rows.get('mse')!.b], [0.2, 0.1, null, 3]);
  assert.equal(rows.get('mse')!.formula, 'how mse is defined');
});
