import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/engine/random.ts';

test('equal seeds and streams give equal numbers, another stream others', () => {
  const draw = (seed: number, stream: string): number[] => {
    const random = Random.from(seed, stream);
    return Array.from({ length: 5 }, () => random.uint32());
  };
  assert.deepEqual(draw(1, 'init'), draw(1, 'init'));
  assert.notDeepEqual(draw(1, 'init'), draw(1, 'data'));
  assert.notDeepEqual(draw(1, 'init'), draw(2, 'init'));
});

test('a restored state continues the same sequence', () => {
  const random = Random.from(7);
  for (let i = 0; i < 100; i++) random.uint32();
  const copy = Random.restore(random.state);
  for (let i = 0; i < 100; i++) assert.equal(copy.uint32(), random.uint32());
});

test('xoshiro128** gives its known first numbers from the state 1, 2, 3, 4', () => {
  // rotl(2 * 5, 7) * 9 = 1280 * 9 = 11520; then the state is (7, 0, 1026, 12288): 0; then (12295, 1029, 2562 ^ ...)
  const random = Random.restore([1, 2, 3, 4]);
  assert.equal(random.uint32(), 11520);
  assert.equal(random.uint32(), 0);
});

test('normals have mean 0 and variance 1, integers are uniform', () => {
  const random = Random.from(3);
  const x = random.normals(100_000);
  const mean = x.reduce((s, v) => s + v, 0) / x.length;
  const variance = x.reduce((s, v) => s + v * v, 0) / x.length - mean * mean;
  assert.ok(Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.02, `${mean} ${variance}`);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[random.integer(6)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, String(counts));
});

test('a shuffle is a permutation', () => {
  const items = Random.from(5).shuffle(Array.from({ length: 50 }, (_, i) => i));
  assert.notDeepEqual(items, [...items].sort((a, b) => a - b));
  assert.deepEqual([...items].sort((a, b) => a - b), Array.from({ length: 50 }, (_, i) => i));
});
