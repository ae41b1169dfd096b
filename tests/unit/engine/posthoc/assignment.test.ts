import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestAssignment } from '../../../../src/engine/posthoc/assignment.ts';
import { Random } from '../../../../src/engine/random.ts';

function permutations(items: readonly number[]): number[][] {
  return items.length === 0 ? [[]] : items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

const total = (gain: Float32Array, columns: number, columnOf: ArrayLike<number>): number => Array.from(columnOf).reduce((sum, column, row) => sum + gain[row * columns + column]!, 0);

test('greedy is not best: a case worked by hand', () => {
  // greedy takes 9 and is left with 1; together 8 + 7 is more
  assert.deepEqual([...bestAssignment(Float32Array.of(9, 8, 7, 1), 2, 2)], [1, 0]);
  assert.deepEqual([...bestAssignment(Float32Array.of(0.1, 0.9, 0.3), 1, 3)], [1]);
});

test('as good as the best of all assignments, with more columns than rows and negative gains too', () => {
  for (let seed = 0; seed < 60; seed++) {
    const [rows, columns] = [1 + (seed % 5), Math.max(1 + (seed % 5), 6)];
    const gain = Random.from(seed).normals(rows * columns);
    const columnOf = bestAssignment(gain, rows, columns);
    assert.equal(new Set(columnOf).size, rows);
    const best = permutations([...Array(columns).keys()]).reduce((most, order) => Math.max(most, total(gain, columns, order.slice(0, rows))), -Infinity);
    assert.ok(Math.abs(total(gain, columns, columnOf) - best) < 1e-5, `seed ${seed}`);
  }
});

test('a hidden permutation of 400 is found', () => {
  const n = 400;
  const gain = Random.from(1).normals(n * n, 0.1);
  const hidden = Array.from({ length: n }, (_, row) => (row * 7 + 3) % n);
  hidden.forEach((column, row) => (gain[row * n + column]! += 1));
  assert.deepEqual([...bestAssignment(gain, n, n)], hidden);
});

test('more rows than columns, and more than fits, are refused', () => {
  assert.throws(() => bestAssignment(new Float32Array(2), 2, 1), { kind: 'bad-request' });
  assert.throws(() => bestAssignment(new Float32Array(0), 20_000, 20_000), { kind: 'bad-request', message: /smaller dictionaries/ });
});
