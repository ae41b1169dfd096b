import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawable, paretoOption, paretoTable, variantOrder } from '../../../../../src/renderer/src/charts/pareto-options.ts';
import type { SweepRow } from '../../../../../src/shared/schema/sweep.ts';
import { palette } from './palette.ts';

const row = (name: string, changes: Partial<SweepRow>): SweepRow => ({
  name, role: 'trained', variant: 'topk', dSae: 8, k: 2, seed: 0, hookPoint: null, dictionary: '', l0: 10, fvu: 0.1, deltaCe: null, dead: 0, cosine: 1, tokens: 1, seconds: 1,
  pareto: false, paretoCe: false, warnings: [], error: null, ...changes,
});
const rows = [row('a', { l0: 100, fvu: 0.1, pareto: true }), row('b', { variant: 'relu', l0: 10, fvu: 0.5, pareto: true }), row('c', { l0: null, fvu: null, error: 'broke' }), row('d', { role: 'random', l0: 10, fvu: 0.9 })];

test('points are drawn in log10 with their place in the table; the front runs by rising L0; what has no figure is left out', () => {
  const { series } = paretoOption({ rows, loss: 'fvu', selected: 'b' }, palette) as { series: { name?: string; type: string; data: number[][] }[] };
  const rounded = (points: readonly number[][]): number[][] => points.map((point) => point.map((value) => Math.round(value * 1000) / 1000));
  assert.deepEqual(rounded(series[0]!.data), [[1, -0.301, 1], [2, -1, 0]]);
  assert.deepEqual(series.slice(1).map(({ name, data }) => [name, data.length]), [['topk', 1], ['relu', 1], ['not trained', 1], [undefined, 1]]);
  assert.deepEqual(rounded(series.at(-1)!.data), [[1, -0.301, 1]]);
});

test('a loss that no row has draws nothing, and the table has every row', () => {
  assert.equal(drawable(rows, 'deltaCe').length, 0);
  assert.doesNotThrow(() => paretoOption({ rows, loss: 'deltaCe', selected: null }, palette));
  assert.deepEqual(variantOrder(rows), ['topk', 'relu']);
  assert.equal([...paretoTable({ rows, loss: 'fvu', selected: null }).rows].length, 4);
});
