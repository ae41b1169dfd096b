import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../src/engine/random.ts';
import { Strongest } from '../../../../src/engine/interp/strongest.ts';

test('the k largest, falling, ties to the first offered', () => {
  const best = new Strongest(2);
  [1, 3, 3, 2].forEach((value, id) => best.offer(id, value));
  assert.deepEqual([[...best.ids], [...best.values], best.bound], [[1, 2], [3, 3], 3]);
});

test('fewer values than k, and k of 0', () => {
  const few = new Strongest(3);
  few.offer(7, -1);
  assert.deepEqual([few.size, few.ids[0], few.bound], [1, 7, -Infinity]);
  new Strongest(0).offer(1, 1);
});

test('equals sorting', () => {
  const random = Random.from(2);
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 20 }, () => random.integer(10));
    const best = new Strongest(5);
    values.forEach((value, id) => { if (value > best.bound) best.offer(id, value); });
    assert.deepEqual([...best.ids], [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, 5));
  }
});
