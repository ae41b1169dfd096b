import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classColour, cloudOption, cloudTable, groupsOf, type CloudSpec } from '../../../../../src/renderer/src/charts/cloud-options.ts';
import { palette } from './palette.ts';

const spec = (changes: Partial<CloudSpec> = {}): CloudSpec => ({
  points: [0, 0, 1, 1, Number.NaN, 0, 2, 2], axes: null, classes: null, shown: null, describe: (index) => `feature ${index}`, ...changes,
});
const classes = { names: ['many', 'few'], of: [0, 1, 0, -1] };
const series = (option: unknown): { name?: string; data: number[][]; large?: boolean }[] => (option as { series: { name?: string; data: number[][] }[] }).series;

test('one group a class, one for features without, and last those that the table does not show; a feature that is nowhere is in none', () => {
  const found = (some: CloudSpec): [string, number[]][] => groupsOf(some).map(({ name, points }) => [name, [...points].filter((_, i) => i % 3 === 2)]);
  assert.deepEqual(found(spec()), [['features', [0, 1, 3]]]);
  assert.deepEqual(found(spec({ classes })), [['many', [0]], ['few', [1]], ['no class', [3]]]);
  assert.deepEqual(found(spec({ classes, shown: Uint8Array.of(0, 1, 0, 0) })), [['few', [1]], ['not in the table', [0, 3]]]);
});

test('many points are drawn as one shape', () => {
  const points = Float32Array.from({ length: 2 * 131_072 }, (_, i) => i);
  const [all] = series(cloudOption(spec({ points }), palette));
  assert.deepEqual([all!.large, all!.data.length], [true, 3 * 131_072]);
  assert.equal(series(cloudOption(spec(), palette))[0]!.large, false);
});

test('a map has no axes; a scatter says their names and that they are logarithmic', () => {
  const axes = { x: { name: 'density', log: true }, y: { name: 'maximum', log: true } };
  assert.equal((cloudOption(spec(), palette) as { xAxis: { show: boolean } }).xAxis.show, false);
  assert.equal((cloudOption(spec({ axes }), palette) as { xAxis: { name: string } }).xAxis.name, 'density (log)');
  const table = cloudTable(spec({ axes, classes }));
  assert.deepEqual(table.columns, ['feature', 'density', 'maximum', 'class']);
  assert.deepEqual([...table.rows][1], [1, 10, 10, 'few']);
  assert.equal([...table.rows][3]![3], null);
});

test('no two of eight classes have the same colour', () => {
  assert.equal(new Set(Array.from({ length: 8 }, (_, place) => classColour(place, palette))).size, 8);
});
