import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noiseOption, noiseTable, reliabilityOption, reliabilityTable, topKOption, topKTable } from '../../../../../src/renderer/src/charts/top-k-options.ts';
import { study } from '../../../../support/sparsity-study.ts';
import { palette } from './palette.ts';

interface Option {
  readonly series: readonly { readonly name: string; readonly data: readonly (readonly number[])[]; readonly lineStyle: { readonly type: string; readonly color: string } }[];
  readonly tooltip: { readonly formatter: (item: { seriesIndex: number; dataIndex: number }) => string };
  readonly xAxis: { readonly axisLabel: { readonly customValues: number[]; readonly formatter: (value: number) => string } };
}

const studies = [{ name: 'a', study: study() }, { name: 'none', study: study({ topk: null, noise: null }) }];

test('loss over log10 k: all layers solid, the chosen one alone dashed, the model as it is dotted; k = 0 stands left of 1', () => {
  const { series, xAxis, tooltip } = topKOption(studies, 1, 'loss', palette) as unknown as Option;
  assert.deepEqual(series.map(({ name, lineStyle }) => [name, lineStyle.type]), [['a, all layers', 'solid'], ['a, layer 1 alone', 'dashed'], ['a, no cut', 'dotted']]);
  assert.deepEqual(series[0]!.data, [[-0.5, 5], [1, 2.5], [2, 2]]);
  assert.deepEqual(series[1]!.data.map(([, y]) => y), [4, 2.2, 2]);
  assert.deepEqual(series[2]!.data, [[-0.5, 2], [2, 2]]);
  assert.equal(xAxis.axisLabel.customValues[0], -0.5);
  assert.deepEqual([xAxis.axisLabel.formatter(-0.5), xAxis.axisLabel.formatter(1)], ['0', '10']);
  assert.match(tooltip.formatter({ seriesIndex: 0, dataIndex: 0 }), /k 0: loss 5\.0000 nats/u);
  assert.deepEqual((topKOption(studies, 1, 'accuracy', palette) as unknown as Option).series[0]!.data[0], [-0.5, 0.5]);
});

test('where layers were not cut alone there is no line of one, and studies without curves draw nothing', () => {
  const points = study().topk!.points.map((point) => ({ ...point, layers: null }));
  const { series } = topKOption([{ name: 'a', study: study({ topk: { reference: study().full, points } }) }], 0, 'loss', palette) as unknown as Option;
  assert.deepEqual(series.map(({ name }) => name), ['a, all layers', 'a, no cut']);
  assert.equal((topKOption([studies[1]!], 0, 'loss', palette) as unknown as Option).series.length, 0);
});

test('noise: a line for each number of units that stay', () => {
  const { series } = noiseOption(studies, 'embedding', 'loss', palette) as unknown as Option;
  assert.deepEqual(series.map(({ name, lineStyle, data }) => [name, lineStyle.type, data]), [['a, all units', 'solid', [[0, 2], [0.4, 3]]], ['a, k 10', 'dashed', [[0, 2.5], [0.4, 3.5]]]]);
});

test('tables have every number', () => {
  const rows = [...topKTable(studies).rows];
  // the reference, and three k over all layers and each of two
  assert.equal(rows.length, 1 + 3 * 3);
  assert.deepEqual(rows[1], ['a', 'all layers', 0, 100, 5, 0.5, 0.6, 0.1]);
  assert.deepEqual([...noiseTable(studies, 'embedding').rows].map((row) => row.slice(0, 4)), [['a', 0, null, 2], ['a', 0, 10, 2.5], ['a', 0.4, null, 3], ['a', 0.4, 10, 3.5]]);
});

test('reliability: bins with tokens alone, beside the diagonal', () => {
  const { series } = reliabilityOption([studies[0]!], palette) as unknown as Option;
  assert.deepEqual(series.map(({ name, data, lineStyle }) => [name, data, lineStyle.type]), [['a, all units', [[0.6, 0.5]], 'solid'], ['a, k 10', [[0.2, 0.3]], 'dashed'], [undefined, [[0, 0], [1, 1]], 'dotted']]);
  assert.deepEqual([...reliabilityTable([studies[0]!]).rows], [['a', null, 0, 0, 0, 0], ['a', null, 1, 100, 0.6, 0.5], ['a', 10, 0, 100, 0.2, 0.3]]);
});
