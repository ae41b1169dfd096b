import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intervalFirings } from '../../../../src/engine/interp/interval-examples.ts';
import { Random } from '../../../../src/engine/random.ts';

const values = Float32Array.of(10, 9, 1, 0.5, 9.5, 10);
const counts = Int32Array.of(4, 0, 0, 0, 2);

test('each interval gives its own firings, strongest first, one a document', () => {
  const documents = [0, 1, 2, 2, 1, 0];
  const [high, , , , low] = intervalFirings(values, 10, counts, (i) => documents[i]!, 5, Random.from(1));
  assert.equal(high!.length, 2);
  assert.ok([0, 5].includes(high![0]!) && [1, 4].includes(high![1]!));
  assert.equal(low!.length, 1);
});

test('the draw is the seed\'s alone, and uniform: each of 4 firings comes first in about a quarter of 4,000 draws', () => {
  const draw = (seed: number): number[] => intervalFirings(values, 10, counts, (i) => i, 1, Random.from(seed))[0]!;
  assert.deepEqual(draw(3), draw(3));
  const times = new Map<number, number>();
  for (let seed = 0; seed < 4000; seed++) times.set(draw(seed)[0]!, (times.get(draw(seed)[0]!) ?? 0) + 1);
  // 1,000 +- 5 standard deviations of sqrt(4000 * 1/4 * 3/4) = 27.
  for (const place of [0, 1, 4, 5]) assert.ok(Math.abs(times.get(place)! - 1000) < 137, `${place}: ${times.get(place)}`);
});

test('a feature that never fires gives empty intervals', () => {
  assert.deepEqual(intervalFirings(new Float32Array(0), 0, new Int32Array(5), () => 0, 5, Random.from(0)), [[], [], [], [], []]);
});
