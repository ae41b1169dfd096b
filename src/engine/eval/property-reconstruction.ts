/**
 * How much of the input's properties can be put together from high-precision units (board reconstruction; Karvonen et al. 2024, arXiv 2408.00113, section 3.2): on
 * one split a unit with a threshold gets every property that holds on at least 95 % of what it predicts; on another the prediction is the union over what fires.
 */
import { countHits, leastFirings, levels, thresholds } from './property-coverage.ts';
import type { PropertyTable, UnitCodes } from './property-coverage.ts';

/** Properties of each threshold that a unit is labelled with. */
export type UnitLabels = readonly (readonly number[])[];

export const leastPrecision = 0.95;

/** The labels of one unit, from the training split; none where it fires on fewer than ten positions. */
export function labelUnit(unit: UnitCodes, table: PropertyTable, precision = leastPrecision): UnitLabels {
  if (unit.positions.length < leastFirings) return thresholds.map(() => []);
  const { predicted, right } = countHits(unit, table);
  return thresholds.map((_, level) => {
    const least = precision * predicted[level]!;
    const of: number[] = [];
    for (let g = 0; g < table.count; g++) {
      const hits = right[level * table.count + g]!;
      if (hits > 0 && hits >= least) of.push(g);
    }
    return of;
  });
}

export interface Reconstruction {
  /** At the best threshold, one for all units: in [0, 1], higher is better. */
  readonly f1: number;
  readonly threshold: number;
  /** By threshold, [11]. */
  readonly byThreshold: readonly number[];
}

/** Ones in a byte. */
const ones = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let bits = byte; bits > 0; bits >>= 1) count += bits & 1;
  return count;
});

/** The union of labels over units, position by position: units come one at a time. */
export class ReconstructionTest {
  readonly #table: PropertyTable;
  /** Bit b % 8, counted from the lowest, of byte b / 8 is set where position * properties + property = b is predicted; by threshold. */
  readonly #predicted: readonly Uint8Array[];

  /** The test split. Holds 11 bits for each position and property: 42 MB for 40,000 positions of 768. */
  constructor(table: PropertyTable) {
    this.#table = table;
    this.#predicted = thresholds.map(() => new Uint8Array(Math.ceil(((table.starts.length - 1) * table.count) / 8)));
  }

  /** A unit's codes on the test split, at the scale of its training split: `largest` is its largest value there. */
  add(unit: UnitCodes, labels: UnitLabels, largest: number): void {
    const { count } = this.#table;
    const passed = levels(unit, largest);
    unit.positions.forEach((position, i) => {
      for (let level = 0; level < passed[i]!; level++) {
        for (const g of labels[level]!) this.#predicted[level]![(position * count + g) >> 3]! |= 1 << ((position * count + g) & 7);
      }
    });
  }

  /** Takes over what the units of another test of the same table predict. */
  merge(other: ReconstructionTest): void {
    this.#predicted.forEach((bits, level) => other.#predicted[level]!.forEach((byte, at) => { bits[at]! |= byte; }));
  }

  result(): Reconstruction {
    const { count, starts, properties } = this.#table;
    const byThreshold = this.#predicted.map((predicted) => {
      let right = 0;
      for (let position = 0; position + 1 < starts.length; position++) {
        for (let at = starts[position]!; at < starts[position + 1]!; at++) {
          const bit = position * count + properties[at]!;
          right += (predicted[bit >> 3]! >> (bit & 7)) & 1;
        }
      }
      const made = predicted.reduce((sum, byte) => sum + ones[byte]!, 0);
      return right === 0 ? 0 : (2 * right) / (made + properties.length);
    });
    const f1 = Math.max(...byThreshold);
    return { f1, threshold: thresholds[byThreshold.indexOf(f1)]!, byThreshold };
  }
}
