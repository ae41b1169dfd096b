import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconstructionTest, labelUnit } from '../../../../src/engine/eval/property-reconstruction.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';
import { holds, randomTable, unitOf } from '../../../support/properties.ts';

const [positions, count] = [300, 5];

test('a unit is labelled with what holds on 95 % of its predictions, threshold by threshold', () => {
  const table = randomTable(positions, count, 0.3, Random.from(1));
  // strong where property 2 holds, weak everywhere else
  const labels = labelUnit(unitOf(positions, (position) => (holds(table, position, 2) ? 1 : 0.35)), table);
  assert.deepEqual(labels[0], []);
  assert.deepEqual(labels[3], []);
  assert.deepEqual(labels[4], [2]);
  assert.deepEqual(labels[9], [2]);
  // at t = 1 nothing is predicted
  assert.deepEqual(labels[10], []);
  assert.ok(labelUnit(unitOf(positions, (position) => Number(position < 9)), table).every((of) => of.length === 0));
});

test('perfect units put everything together on positions that they were not labelled on; without one of them its property is missed', () => {
  const [train, held] = [randomTable(positions, count, 0.3, Random.from(1)), randomTable(positions, count, 0.3, Random.from(2))];
  const run = (properties: readonly number[]): ReturnType<ReconstructionTest['result']> => {
    const test = new ReconstructionTest(held);
    for (const g of properties) test.add(unitOf(positions, (position) => Number(holds(held, position, g))), labelUnit(unitOf(positions, (position) => Number(holds(train, position, g))), train), 1);
    return test.result();
  };
  assert.equal(run([0, 1, 2, 3, 4]).f1, 1);
  const missing = held.properties.filter((g) => g === 4).length;
  const total = held.properties.length;
  assertClose([run([0, 1, 2, 3]).f1], [(2 * (total - missing)) / (2 * total - missing)], 1e-12);
  assert.equal(run([]).f1, 0);
});

test('the scale of a unit is that of the training split', () => {
  const held = randomTable(1, 1, 1, Random.from(1));
  const test = new ReconstructionTest(held);
  // 4 of 10: above the thresholds 0 to 0.3
  test.add({ positions: Int32Array.of(0), values: Float32Array.of(4) }, Array.from({ length: 11 }, () => [0]), 10);
  assert.deepEqual(test.result().byThreshold, [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  test.add({ positions: Int32Array.of(0), values: Float32Array.of(12) }, Array.from({ length: 11 }, () => [0]), 10);
  assert.deepEqual(test.result().byThreshold, new Array(11).fill(1));
});
