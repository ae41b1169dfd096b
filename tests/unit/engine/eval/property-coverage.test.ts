import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoverageSearch, countHits, levels, prevalence, thresholds } from '../../../../src/engine/eval/property-coverage.ts';
import type { PropertyTable, UnitCodes } from '../../../../src/engine/eval/property-coverage.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';
import { holds, randomTable, unitOf } from '../../../support/properties.ts';

const [positions, count] = [400, 6];

function noise(units: number, random: Random): UnitCodes[] {
  return Array.from({ length: units }, () => unitOf(positions, () => (random.uniform() < 0.3 ? random.uniform() : 0)));
}

/** The best F1 of a property by definition. */
function byDefinition(units: readonly UnitCodes[], table: PropertyTable, g: number): number {
  let best = 0;
  for (const { positions: at, values } of units) {
    for (const threshold of thresholds) {
      const largest = Math.max(...values);
      const predicted = [...at].filter((_, i) => values[i]! > threshold * largest);
      const right = predicted.filter((position) => holds(table, position, g)).length;
      const positives = prevalence(table)[g]!;
      if (right > 0) best = Math.max(best, (2 * right) / (predicted.length + positives));
    }
  }
  return best;
}

test('levels are the thresholds that a value is above', () => {
  const unit = { positions: Int32Array.of(0, 1, 2, 3), values: Float32Array.of(10, 0.5, 4.5, 9.5) };
  // 0.5 is above 0 alone; 4.5 above 0 to 4; 9.5 and 10 above 0 to 9
  assert.deepEqual([...levels(unit)], [10, 1, 5, 10]);
  assert.deepEqual([...countHits(unit, { count: 1, starts: Int32Array.of(0, 1, 1, 2, 2), properties: Int32Array.of(0, 0) }).right], [2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 0]);
});

// A-T5
test('a planted unit gives its property an F1 of exactly 1, and coverage rises by (1 - old best) / properties', () => {
  const random = Random.from(1);
  const table = randomTable(positions, count, 0.2, random);
  const units = noise(30, random);
  const search = (list: readonly UnitCodes[]): ReturnType<CoverageSearch['result']> => {
    const coverage = new CoverageSearch(table);
    list.forEach((unit, id) => coverage.add(id, unit));
    return coverage.result();
  };
  const before = search(units);
  for (let g = 0; g < count; g++) assertClose([before.best[g]!], [byDefinition(units, table, g)], 1e-12);
  const planted = 3;
  const after = search([...units, unitOf(positions, (position) => (holds(table, position, planted) ? 1 + random.uniform() : 0))]);
  assert.equal(after.best[planted], 1);
  assert.equal(after.units[planted], 30);
  assert.ok(before.best[planted]! < 0.6);
  assertClose([after.coverage - before.coverage], [(1 - before.best[planted]!) / count], 1e-12);
  // one that is wrong on a single position does not reach 1
  const first = Array.from({ length: positions }, (_, position) => position).find((position) => holds(table, position, planted));
  const wrong = search([...units, unitOf(positions, (position) => Number(position !== first && holds(table, position, planted)))]);
  assert.ok(wrong.best[planted]! < 1 && wrong.best[planted]! > 0.95);
});

test('the figure with one threshold for all properties is at most that with one each', () => {
  const random = Random.from(2);
  const coverage = new CoverageSearch(randomTable(positions, count, 0.3, random));
  noise(20, random).forEach((unit, id) => coverage.add(id, unit));
  const { coverage: own, fixed, counted } = coverage.result();
  assert.ok(fixed.coverage <= own && fixed.coverage > 0.2 && thresholds.includes(fixed.threshold));
  assert.equal(counted, 20);
});

test('units that fire fewer than ten times are left out, and no property is refused', () => {
  const table = randomTable(positions, 2, 1, Random.from(3));
  const coverage = new CoverageSearch(table);
  coverage.add(0, unitOf(positions, (position) => Number(position < 9)));
  assert.deepEqual([coverage.result().counted, coverage.result().coverage], [0, 0]);
  coverage.add(1, unitOf(positions, (position) => Number(position < 10)));
  assert.equal(coverage.result().counted, 1);
  assert.throws(() => new CoverageSearch({ ...table, count: 0 }), { kind: 'bad-request' });
});
