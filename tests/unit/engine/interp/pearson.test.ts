import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pearson, variablesOf } from '../../../../src/engine/interp/pearson.ts';

/** Sums of variables given value by value. */
const of = (...rows: number[][]) => variablesOf(rows[0]!.length, Float64Array.from(rows, (row) => row.reduce((a, b) => a + b, 0)), Float64Array.from(rows, (row) => row.reduce((a, b) => a + b * b, 0)));

test('1, 2, 3 with 2, 4, 6 is 1, with 3, 2, 1 it is -1, and with what does not vary 0', () => {
  const variables = of([1, 2, 3], [2, 4, 6], [3, 2, 1], [5, 5, 5]);
  assert.equal(pearson(3, 28, variables, 0, variables, 1), 1);
  assert.equal(pearson(3, 10, variables, 0, variables, 2), -1);
  assert.equal(pearson(3, 30, variables, 0, variables, 3), 0);
});

test('a half: 0, 1, 1, 0 with 0, 1, 0, 0 has covariance 1/2 and spreads 1 and 3/4', () => {
  const variables = of([0, 1, 1, 0], [0, 1, 0, 0]);
  assert.ok(Math.abs(pearson(4, 1, variables, 0, variables, 1) - 0.5 / Math.sqrt(0.75)) < 1e-12);
});

test('over no tokens nothing goes with anything', () => {
  const none = variablesOf(0, new Float64Array(1), new Float64Array(1));
  assert.equal(pearson(0, 0, none, 0, none, 0), 0);
});
