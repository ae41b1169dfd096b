import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scatterOption, scatterPoints, scatterTable } from '../../../../../src/renderer/src/charts/scatter-options.ts';
import { palette } from './palette.ts';

const density = Float32Array.of(0.01, 0, 0.1);
const max = Float32Array.of(10, 0, 100);

test('dead features have no point, the others carry their number', () => {
  assert.deepEqual([...scatterPoints(density, max)].map((value) => Math.round(value * 1000) / 1000), [-2, 1, 0, -1, 2, 2]);
});

test('the selected feature is ringed, a dead one is not', () => {
  const selected = (index: number | null): number => ((scatterOption({ density, max, selected: index }, palette) as { series: { data: unknown[] }[] }).series[1]!.data.length);
  assert.equal(selected(2), 1);
  assert.equal(selected(1), 0);
  assert.equal(selected(null), 0);
});

test('a source of dead features draws an empty chart', () => {
  const option = scatterOption({ density: new Float32Array(3), max: new Float32Array(3), selected: 0 }, palette) as { xAxis: { min: number; max: number } };
  assert.ok(Number.isFinite(option.xAxis.min) && option.xAxis.max > option.xAxis.min);
});

test('the table holds every feature, dead ones too', () => {
  assert.deepEqual([...scatterTable({ density, max, selected: null }).rows].map(([index]) => index), [0, 1, 2]);
});
