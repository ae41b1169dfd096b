import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpertWatch, RunWatch } from '../../../../../../src/engine/lm/layers/moe/expert-watch.ts';

test('an expert that fires nothing for the limit of steps in a row is named', () => {
  const watch = new ExpertWatch(3, 3);
  assert.deepEqual(watch.step([1, 0, 0]), []);
  assert.deepEqual(watch.step([1, 0, 0]), []);
  assert.deepEqual(watch.step([1, 0, 0.1]), [1]);
  assert.deepEqual(watch.step([1, 0, 0]), [1]);
  assert.deepEqual(watch.step([1, 2, 0]), []);
});

test('steps in which an expert was given no token do not count', () => {
  const watch = new ExpertWatch(1, 2);
  assert.deepEqual([watch.step([0]), watch.step([Number.NaN]), watch.step([0])], [[], [], [0]]);
});

test('a run is watched block by block, and goes on counting where a checkpoint left it', () => {
  const watch = new RunWatch(3);
  const figures = (first: number[], third: number[]): Map<string, number[]> => new Map([['blocks.0.l0', first], ['blocks.0.load', [0, 0]], ['blocks.2.l0', third]]);
  assert.deepEqual(watch.step(figures([1, 0], [0, Number.NaN])), []);
  assert.deepEqual(watch.step(figures([1, 0], [2, 0])), []);
  assert.deepEqual(watch.state(), { 'blocks.0': [0, 2], 'blocks.2': [0, 1] });
  const resumed = new RunWatch(3);
  resumed.restore(watch.state());
  for (const one of [watch, resumed]) assert.deepEqual(one.step(figures([1, 0], [2, 0])), [{ block: 'blocks.0', expert: 1 }]);
});
