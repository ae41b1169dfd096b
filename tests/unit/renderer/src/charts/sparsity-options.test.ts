import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densityOption, densityTable, measureAxis, perTokenOption, perTokenTable, shareOption, shareTable, shareTick } from '../../../../../src/renderer/src/charts/sparsity-options.ts';
import { layerOf, study } from '../../../../support/sparsity-study.ts';
import { palette } from './palette.ts';

interface Option {
  readonly series: readonly { readonly type: string; readonly name?: string; readonly data: readonly (readonly number[])[]; readonly lineStyle?: { readonly color: string } }[];
  readonly tooltip: { readonly formatter: (item: { seriesIndex: number; dataIndex: number }) => string };
  readonly xAxis: { readonly max: number };
}

const studies = [{ name: 'a', study: study() }, { name: 'b', study: study({ layers: [layerOf(0, { share: 0.9 })] }) }];

test('a line of shares for each study in its colour, rods of percentiles as shares of the units, a ring around the chosen layer', () => {
  const { series, tooltip, xAxis } = shareOption(studies, 1, palette) as unknown as Option;
  assert.deepEqual(series.map(({ type, name }) => [type, name]), [['line', 'a'], ['line', 'b'], ['custom', undefined], ['custom', undefined], ['scatter', undefined]]);
  assert.deepEqual([series[0]!.data, series[1]!.data, series[0]!.lineStyle!.color, series[1]!.lineStyle!.color], [[[0, 0.1], [1, 0.2]], [[0, 0.9]], 'a', 'b']);
  assert.deepEqual(series[2]!.data[0], [0, 0.02, 0.05, 0.15, 0.2]);
  assert.deepEqual(series[4]!.data, [[1, 0.2]]);
  assert.equal(xAxis.max, 1.5);
  assert.match(tooltip.formatter({ seriesIndex: 0, dataIndex: 1 }), /^a\nlayer 1: 20\.0 % of 100 units\n.*\n10\.00 a token \(5 % 2, median 10, 95 % 20\)\n2 never, 0 always$/u);
  assert.equal(tooltip.formatter({ seriesIndex: 9, dataIndex: 0 }), '');
  assert.equal([...shareTable(studies).rows].length, 3);
});

test('densities are shares of all units: bars of the first study with their bin, outlines of others; a study without the layer draws nothing', () => {
  const one = densityOption(studies, 1, palette) as unknown as Option;
  assert.deepEqual(one.series.map(({ type }) => type), ['custom']);
  assert.deepEqual(one.series[0]!.data.map((bin) => bin.map((value) => Math.round(value * 100) / 100)), [[-2, -1, 0.3, 0], [-1, 0, 0.68, 1]]);
  const two = densityOption(studies, 0, palette) as unknown as Option;
  assert.deepEqual(two.series.map(({ type, name }) => [type, name]), [['line', 'b'], ['custom', undefined]]);
  assert.deepEqual(two.series[0]!.data.map(([x, y]) => [Math.round(x! * 10) / 10, y]), [[-1.5, 0.3], [-0.5, 0.68]]);
  const { formatter } = two.tooltip as unknown as { formatter: (item: { data?: number[] }) => string };
  assert.match(formatter({ data: [-1, 0, 0.68, 1] }), /^a\n68 units fire on 10\.0 % to 100 % of tokens$/u);
  assert.equal(formatter({ data: [1, 2] }), '');
  // Units that never fire have a row of their own.
  assert.deepEqual([...densityTable(studies, 1).rows], [['a', 1, 0, 0, 2], ['a', 1, 0.01, 0.1, 30], ['a', 1, 0.1, 1, 68]]);
});

test('tokens by units that fire are shares of the tokens, bars around whole numbers', () => {
  const { series, tooltip } = perTokenOption(studies, 0, palette) as unknown as Option;
  assert.deepEqual(series.map(({ type, name, data }) => [type, name, data]), [['line', 'b', [[6, 0.6], [15, 0.4]]], ['custom', undefined, [[1.5, 10.5, 0.6, 0], [10.5, 19.5, 0.4, 1]]]]);
  const { formatter } = tooltip as unknown as { formatter: (item: { data?: number[] }) => string };
  assert.equal(formatter({ data: [10.5, 19.5, 0.4, 1] }), '11 to 19 units fire\non 40 tokens');
  assert.deepEqual([...perTokenTable(studies, 1).rows], [['a', 1, 2, 11, 60], ['a', 1, 11, 20, 40]]);
});

test('axes say what they hold', () => {
  assert.equal(shareTick(0.04), '4 %');
  assert.deepEqual([measureAxis('loss', palette)['name'], measureAxis('accuracy', palette)['name']], ['loss, nats a token', 'next-token accuracy']);
});
