import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopUses } from '../../../../../src/engine/lm/experts/top-uses.ts';
import { Random } from '../../../../../src/engine/random.ts';

test('the strongest stay, in order, as a sort would have them', () => {
  const random = Random.from(1);
  const uses = new TopUses(2, 3, 4);
  const all: { layer: number; expert: number; place: number; weight: number }[] = [];
  for (let place = 0; place < 200; place++) all.push({ layer: random.integer(2), expert: random.integer(3), place, weight: Math.fround(random.integer(20) + 1) });
  for (const { layer, expert, place, weight } of all) uses.add(layer, expert, place, weight);
  for (const layer of [0, 1]) for (const expert of [0, 1, 2]) {
    const expected = all.filter((one) => one.layer === layer && one.expert === expert).sort((a, b) => b.weight - a.weight || a.place - b.place).slice(0, 4);
    const first = (layer * 3 + expert) * 4;
    assert.deepEqual([...uses.places.subarray(first, first + 4)], expected.map(({ place }) => place));
    assert.deepEqual([...uses.weights.subarray(first, first + 4)], expected.map(({ weight }) => weight));
  }
});

test('empty slots say so, none can be asked for, and very many experts get fewer', () => {
  const uses = new TopUses(1, 2, 2);
  uses.add(0, 1, 5, 0.5);
  assert.deepEqual([...uses.places], [-1, -1, 5, -1]);
  const none = new TopUses(1, 2, 0);
  none.add(0, 0, 1, 1);
  assert.deepEqual([none.slots, none.places.length], [0, 0]);
  assert.equal(new TopUses(24, 262_144, 8).slots, 1);
});
