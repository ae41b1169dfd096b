import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { argsort } from '../../../../../src/main/catalog/columns/argsort.ts';

/** The readable twin: a stable sort by comparison, without NaN. */
function twin(values: Float64Array): number[] {
  return [...values.keys()].filter((i) => !Number.isNaN(values[i]!)).sort((a, b) => values[a]! - values[b]! || a - b);
}

test('few values: rising, equal ones in their order, no NaN', () => {
  assert.deepEqual([...argsort(Float64Array.of(2, NaN, -1, 2, 0))], [2, 4, 0, 3]);
  assert.deepEqual([...argsort(new Float64Array(0))], []);
});

test('many values sort as by comparison: negatives, both zeros, infinities, ties, numbers that differ in the last bit', () => {
  const random = Random.from(1, 'argsort');
  const special = [0, -0, Infinity, -Infinity, 1, 1 + Number.EPSILON, 1e-310, -1e-310, NaN];
  const values = Float64Array.from({ length: 6000 }, (_, i) => (i % 5 === 0 ? special[random.integer(special.length)]! : random.normal() * 10 ** (random.integer(20) - 10)));
  assert.deepEqual([...argsort(values)], twin(values));
});

test('many equal values stay where they are', () => {
  assert.deepEqual([...argsort(new Float64Array(5000).fill(3))], Array.from({ length: 5000 }, (_, i) => i));
});
