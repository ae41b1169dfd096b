import assert from 'node:assert/strict';
import { test } from 'node:test';
import { purgeBars, purgeOption, purgeTable } from '../../../../../src/renderer/src/charts/purge-options.ts';
import { palette } from './palette.ts';

const losses = [
  { domain: 'code', tokens: 100, before: 2, after: 3, change: 1, random: 2.25, randomChange: 0.25 },
  { domain: 'a {b|c}', tokens: 90, before: 1, after: 0.99, change: -0.01, random: 1, randomChange: 0 },
];

test('three bars a domain, each with the colour that the legend names', () => {
  const option = purgeOption({ losses }, palette) as { series: { data: number[]; itemStyle: { color: string } }[]; xAxis: { data: string[] } };
  assert.deepEqual(option.xAxis.data, ['code', 'a {b|c}']);
  assert.deepEqual(option.series.map(({ data }) => data), [[2, 1], [3, 0.99], [2.25, 1]]);
  assert.deepEqual(option.series.map(({ itemStyle }) => itemStyle.color), purgeBars.map(([, , colour]) => palette[colour]));
});

test('the tooltip has numbers with signs, and a name cannot style it', () => {
  const { tooltip } = purgeOption({ losses }, palette) as { tooltip: { formatter: (items: { dataIndex: number }[]) => string } };
  assert.match(tooltip.formatter([{ dataIndex: 0 }]), /^code\nbefore {2}2\.0000\nafter {3}3\.0000 \(\+1\.0000\)\nrandom {2}2\.2500 \(\+0\.2500\)$/u);
  assert.doesNotMatch(tooltip.formatter([{ dataIndex: 1 }]), /[{|}]/u);
  assert.equal(tooltip.formatter([]).split('\n')[0], 'code');
});

test('as a table: a row a domain', () => {
  const { columns, rows } = purgeTable({ losses });
  assert.deepEqual([columns.length, [...rows][0]], [7, ['code', 100, 2, 3, 1, 2.25, 0.25]]);
});
