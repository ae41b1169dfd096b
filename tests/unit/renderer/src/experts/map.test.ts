import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areaBetween, expertAt, expertsIn, neighbour, paintExperts, paintMarked, shadeOf, strengths, type MapColours } from '../../../../../src/renderer/src/experts/map.ts';

const colours: MapColours = { domains: [[255, 0, 0], [0, 0, 255]], shared: [100, 100, 100], surface: [255, 255, 255], chosen: [0, 0, 0] };

test('a shade is the fourth root of the share of the largest weight', () => {
  assert.equal(shadeOf(1, 1), 1);
  assert.ok(Math.abs(shadeOf(1e-4, 1) - 0.1) < 1e-12);
  assert.deepEqual([shadeOf(0, 1), shadeOf(0, 0)], [0, 0]);
});

test('an expert is as strong as the domain that uses it most', () => {
  const { values, most } = strengths({ masses: [0.5, 0, 0.25, 0, 1, 0], experts: 3 });
  assert.deepEqual([[...values], most], [[0.5, 1, 0.25], 1]);
});

test('owned experts have the colour of their domain, shared ones grey, unused ones that of the surface', () => {
  const pixels = paintExperts({ masses: [1, 0, 0.5, 0, 0, 1, 0.5, 0], owners: [0, 1, -1, -1], experts: 4 }, colours);
  const at = (expert: number): number[] => [...pixels.subarray(4 * expert, 4 * expert + 4)];
  assert.deepEqual([at(0), at(1), at(3)], [[255, 0, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]]);
  const [r, g, b] = at(2);
  assert.ok(r === g && g === b && r! > 100 && r! < 255);
});

test('the weakest owned expert is still told from the surface', () => {
  const pixels = paintExperts({ masses: [1, 1e-12, 0, 0], owners: [0, 0], experts: 2 }, colours);
  assert.ok(pixels[5]! < 255 * 0.66);
});

test('places and experts: rows from above, columns from the left, nothing outside', () => {
  assert.deepEqual([expertAt(0, 0, 100, 4), expertAt(99, 0, 100, 4), expertAt(26, 51, 100, 4), expertAt(100, 0, 100, 4), expertAt(-1, 5, 100, 4)], [0, 3, 9, null, null]);
});

test('a rectangle between two experts holds both, whichever way it was drawn', () => {
  assert.deepEqual(expertsIn(areaBetween(1, 6, 4), 4), [1, 2, 5, 6]);
  assert.deepEqual(expertsIn(areaBetween(6, 1, 4), 4), expertsIn(areaBetween(2, 5, 4), 4));
});

test('the arrows walk and stay at the edge', () => {
  assert.deepEqual(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'x'].map((key) => neighbour(0, key, 4)), [0, 1, 0, 4, null]);
  assert.equal(neighbour(15, 'ArrowDown', 4), 15);
});

test('marked experts are covered, others are not', () => {
  assert.deepEqual([...paintMarked([1], 2, [9, 8, 7])], [0, 0, 0, 0, 9, 8, 7, 180]);
});
