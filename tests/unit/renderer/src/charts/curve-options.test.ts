import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curveOption, curveOrder, metricStyle } from '../../../../../src/renderer/src/charts/curve-options.ts';
import { palette } from './palette.ts';

test('known metrics come first and in reading order; step is an axis, not a curve', () => {
  assert.deepEqual(curveOrder(['step', 'zeta', 'tokens_per_s', 'loss', 'fvu', 'alpha']), ['fvu', 'loss', 'tokens_per_s', 'alpha', 'zeta']);
});

test('an unknown metric is drawn under its own name on a linear axis', () => {
  assert.deepEqual(metricStyle('odd'), { title: 'odd', unit: '', log: false, meaning: '' });
});

interface Option { yAxis: { name: string }; series: { data: [number, number | null][] }[]; tooltip: { formatter: (items: object[]) => string } }
const option = (points: [number, number | null][], log = true): Option => curveOption({ name: 'FVU', unit: '', log, points, colour: 'c' }, palette) as unknown as Option;

test('positive values go on a log axis, drawn in log10, said in their own unit', () => {
  const { yAxis, series, tooltip } = option([[1, 1], [2, 0.1], [3, null]]);
  assert.equal(yAxis.name, 'FVU (log)');
  assert.deepEqual(series[0]!.data, [[1, 0], [2, -1], [3, null]]);
  assert.equal(tooltip.formatter([{ data: [2, -1] }]), 'step 2\nFVU 0.1000');
  assert.equal(tooltip.formatter([]), '');
});

test('a zero makes the axis linear instead of breaking it', () => {
  const { yAxis, series } = option([[1, 1], [2, 0]]);
  assert.equal(yAxis.name, 'FVU');
  assert.deepEqual(series[0]!.data, [[1, 1], [2, 0]]);
});

test('no points draw an empty chart', () => {
  assert.deepEqual(option([]).series[0]!.data, []);
});
