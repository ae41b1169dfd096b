import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lmCharts } from '../../../../../src/renderer/src/lm/charts.ts';

type Points = (readonly [number, number | null])[];
const points: Points = [[1, 2], [2, null], [3, 1]];
const charts = (...names: string[]) => lmCharts(new Map(names.map((name) => [name, points])));

test('what belongs together is one chart: both losses, L0 of all layers, load of all experts of a block', () => {
  const made = charts('step', 'seconds', 'lr', 'loss', 'validLoss', 'l0.10', 'l0.2', 'blocks.1.load.10', 'blocks.1.load.9', 'blocks.0.load.0', 'balance');
  assert.deepEqual(made.map(({ id, spec }) => [id, spec.lines.map(({ name }) => name)]), [
    ['loss', ['training', 'validation']], ['l0', ['layer 2', 'layer 10']], ['lr', ['Learning rate']],
    ['expert.load.1', ['expert 9', 'expert 10']], ['expert.load.0', ['expert 0']], ['auxiliary', ['balance']],
  ]);
  assert.deepEqual(made[0]!.spec.lines[0]!.points, [[1, 2], [3, 1]], 'rows without the column leave no gap');
});

test('figures of a block are drawn by block, long ones by their least and largest', () => {
  const made = charts('blocks.0.active', 'blocks.1.active', 'blocks.0.load.least', 'blocks.0.load.largest', 'blocks.0.odd');
  assert.deepEqual(made.map(({ title, spec }) => [title, spec.lines.map(({ name }) => name)]), [
    ['Halves kept by a routing head', ['block 0', 'block 1']], ['odd', ['block 0']], ['Expert load, block 0', ['least', 'largest']],
  ]);
});

test('columns without a value, and none at all, make no chart', () => {
  assert.deepEqual(lmCharts(new Map([['loss', [[1, null]]], ['step', points]])), []);
});
