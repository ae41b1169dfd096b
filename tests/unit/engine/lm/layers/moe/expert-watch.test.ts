import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExpertWatch } from '../../../../../../src/engine/lm/layers/moe/expert-watch.ts';

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
