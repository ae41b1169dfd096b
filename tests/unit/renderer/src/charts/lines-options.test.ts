import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineStyle, linesOption, linesTable, type LinesSpec } from '../../../../../src/renderer/src/charts/lines-options.ts';
import { palette } from './palette.ts';

interface Option { yAxis: { name: string }; series: { name: string; data: [number, number | null][] }[]; tooltip: { formatter: (items: object[]) => string } }
const spec = (log: boolean): LinesSpec => ({ x: 'time, s', y: 'loss, nats', log, lines: [{ name: 'a', points: [[1, 1], [2, 0.1]] }, { name: 'b', points: [[2, 10], [3, null]] }] });
const option = (log = true): Option => linesOption(spec(log), palette) as unknown as Option;

test('every line is a series; on a log axis in log10, and said in its own unit, the largest first', () => {
  const { yAxis, series, tooltip } = option();
  assert.equal(yAxis.name, 'loss, nats (log)');
  assert.deepEqual(series.map(({ name, data }) => [name, data]), [['a', [[1, 0], [2, -1]]], ['b', [[2, 1], [3, null]]]]);
  assert.equal(tooltip.formatter([{ seriesName: 'a', data: [2, -1] }, { seriesName: 'b', data: [2, 1] }]), 'time 2\nb  10.00\na  0.1000');
  assert.equal(tooltip.formatter([{ seriesName: 'b', data: [3, null] }]), '');
  assert.equal(option(false).yAxis.name, 'loss, nats');
});

test('a tooltip names twelve lines at most', () => {
  const items = Array.from({ length: 15 }, (_, i) => ({ seriesName: `e${i}`, data: [1, i] }));
  const lines = (linesOption({ x: 'step', y: 'load', log: false, lines: [] }, palette) as unknown as Option).tooltip.formatter(items).split('\n');
  assert.deepEqual([lines.length, lines[1], lines.at(-1)], [14, 'e14  14.00', 'and 3 lower ones']);
});

test('twelve lines look different', () => {
  const looks = new Set(Array.from({ length: 12 }, (_, i) => JSON.stringify(lineStyle(i, { ...palette, series: ['a', 'b', 'c', 'd'] }))));
  assert.equal(looks.size, 12);
});

test('the table has a row for each place', () => {
  assert.deepEqual(linesTable(spec(false)), { columns: ['time, s', 'a', 'b'], rows: [[1, 1, null], [2, 0.1, 10], [3, null, null]] });
});
