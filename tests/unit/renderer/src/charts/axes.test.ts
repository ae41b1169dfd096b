import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logAxis, logTicks, plain, tick } from '../../../../../src/renderer/src/charts/axes.ts';
import { palette } from './palette.ts';

const values = (places: readonly number[]): number[] => places.map((place) => Number((10 ** place).toPrecision(6)));

test('over many decades there is a tick a decade, over one there are 1, 2 and 5', () => {
  assert.deepEqual(values(logTicks(-5, -1)), [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]);
  assert.deepEqual(values(logTicks(-1, 0)), [0.1, 0.2, 0.5, 1]);
  assert.deepEqual(values(logTicks(0, 2)), [1, 3, 10, 30, 100].map((value) => value));
});

test('over very many decades some are left out', () => {
  assert.ok(logTicks(-20, 0).length <= 7);
});

test('ticks have no trailing zeros', () => {
  assert.equal(tick(0.0500), '0.05');
  assert.equal(tick(10), '10');
  assert.equal(tick(2.5), '2.5');
  assert.equal(tick(1000), '1,000');
  assert.equal(tick(1e-5), '1e−5');
});

test('a log axis runs over exactly its range and is labelled in the data’s unit', () => {
  const axis = logAxis('density', -3, -1, 'x', palette) as { name: string; min: number; axisLabel: { customValues: number[]; formatter: (value: number) => string } };
  assert.equal(axis.name, 'density (log)');
  assert.equal(axis.min, -3);
  assert.equal(axis.axisLabel.formatter(-2), '0.01');
});

test('text for a drawn tooltip starts no style', () => {
  assert.equal(plain('{a|b}'), ' a b ');
});
