import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogramOption, histogramTable, logBins, logEdges, type HistogramSpec } from '../../../../../src/renderer/src/charts/histogram-options.ts';
import { palette } from './palette.ts';

const near = (a: readonly number[], b: readonly number[]): void => {
  assert.equal(a.length, b.length);
  a.forEach((value, i) => assert.ok(Math.abs(value / b[i]! - 1) < 1e-9, `${value} is not ${b[i]}`));
};

test('edges are equal in log10', () => {
  near(logEdges(0.01, 100, 4), [0.01, 0.1, 1, 10, 100]);
});

test('values fall into their decade, the largest into the last bin, zeros are counted apart', () => {
  // Edges 1, 10, 100, 1000: 1 and 5 in the first, 50 in the second, 1000 (the upper end) in the third.
  const bins = logBins([0, 1, 5, 50, 1000, -1], 3);
  assert.deepEqual(bins.counts, [2, 1, 1]);
  assert.equal(bins.outside, 2);
  near(bins.edges, [1, 10, 100, 1000]);
});

test('equal values make one bin instead of a division by zero', () => {
  assert.deepEqual(logBins([2, 2, 2], 2).counts.reduce((a, b) => a + b), 3);
});

test('nothing positive makes no bins', () => {
  assert.deepEqual(logBins([0, 0], 10), { edges: [], counts: [], outside: 2 });
});

const spec: HistogramSpec = { bins: { edges: [1, 10, 100], counts: [3, 4] }, name: 'activation', countName: 'tokens', log: true, colour: '#fff' };

test('bars stand on log10 places under an axis that says it is logarithmic', () => {
  const option = histogramOption(spec, palette) as { xAxis: { name: string; min: number; max: number }; series: { data: number[][] }[] };
  assert.equal(option.xAxis.name, 'activation (log)');
  assert.deepEqual([option.xAxis.min, option.xAxis.max], [0, 2]);
  assert.deepEqual(option.series[0]!.data, [[0, 1, 3, 0], [1, 2, 4, 1]]);
});

test('the tooltip gives the exact bin and count', () => {
  const { tooltip } = histogramOption(spec, palette) as { tooltip: { renderMode: string; formatter: (item: object) => string } };
  assert.equal(tooltip.renderMode, 'richText');
  assert.equal(tooltip.formatter({ data: [0, 1, 3, 0] }), '1.00 to 10.0\n3 tokens');
});

test('the table is the bins', () => {
  assert.deepEqual([...histogramTable(spec).rows], [[1, 10, 3], [10, 100, 4]]);
});
