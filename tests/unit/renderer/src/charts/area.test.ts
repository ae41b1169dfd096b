import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contains, isWay, nearestPoints, pointsIn, rectangle, stepFrom } from '../../../../../src/renderer/src/charts/area.ts';

const cross = [0, 0, 1, 0, -1, 0, 0, 1, 0, -1, 5, 5, Number.NaN, 0];

test('what lies in a rectangle and in a lasso with a dent', () => {
  assert.deepEqual([...pointsIn(cross, rectangle([-0.5, 1.5], [-0.5, 0.5]))], [0, 1]);
  const dent: [number, number][] = [[-2, -2], [2, -2], [2, 2], [0, 0.5], [-2, 2]];
  assert.ok(contains(dent, 0, 0) && !contains(dent, 0, 1) && contains(dent, 1.5, 1));
  assert.deepEqual([...pointsIn(cross, dent)], [0, 1, 2, 4]);
  assert.deepEqual([...pointsIn(cross, [])], []);
});

test('the nearest begin with the point itself; a point that is nowhere is none', () => {
  assert.deepEqual([...nearestPoints(cross, 0, 3)], [0, 1, 2]);
  assert.equal(nearestPoints(cross, 0, 99).length, 6);
});

test('an arrow leads to the nearest point in its direction, and nowhere at the edge', () => {
  assert.deepEqual((['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown'] as const).map((key) => stepFrom(cross, 0, key)), [1, 2, 3, 4]);
  assert.equal(stepFrom(cross, 5, 'ArrowUp'), null);
  assert.equal(stepFrom(cross, 1, 'ArrowUp'), 3, 'up and to the left is up as well, just');
  assert.equal(stepFrom(cross, 1, 'ArrowRight'), null, 'more up than right is not right');
  assert.ok(isWay('ArrowUp') && !isWay('Enter') && !isWay('toString'));
});
