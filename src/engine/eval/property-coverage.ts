/**
 * How well single units tell properties of the input (board states of chess; MoE-X, Yang et al. 2025, arXiv 2503.07639, section 5.1): unit f with the threshold t
 * predicts property g where z_f > t max z_f; coverage is the mean over properties of the best F1.
 */
import { LoupeError } from '../../shared/errors.ts';

/** Thresholds as shares of a unit's largest value. At 1 nothing is predicted. */
export const thresholds = Array.from({ length: 11 }, (_, i) => i / 10);

/** A unit's values where it is not 0, in order of positions. */
export interface UnitCodes {
  readonly positions: Int32Array;
  readonly values: Float32Array;
}

/** The properties of each position: those of position p are properties[starts[p]] to properties[starts[p + 1] - 1]. */
export interface PropertyTable {
  /** How many properties there are. */
  readonly count: number;
  /** int32 [positions + 1] */
  readonly starts: Int32Array;
  readonly properties: Int32Array;
}

/** Units that fire on fewer positions are left out. */
export const leastFirings = 10;

/** How many thresholds each value of a unit passes: 1 (t = 0 alone) to 10, and 11 where it is above `largest`, by default the unit's own largest value. */
export function levels({ values }: UnitCodes, largest = values.reduce((max, value) => Math.max(max, value), 0)): Uint8Array {
  return Uint8Array.from(values, (value) => {
    let passed = 0;
    while (passed < thresholds.length && value > thresholds[passed]! * largest) passed++;
    return passed;
  });
}

/** Counts by threshold: positions that the unit predicts, [11], and of those that have each property, [11 * properties]. */
export interface Hits {
  readonly predicted: Int32Array;
  readonly right: Int32Array;
}

/** Counts of one unit. */
export function countHits(unit: UnitCodes, { count, starts, properties }: PropertyTable): Hits {
  const predicted = new Int32Array(thresholds.length);
  const right = new Int32Array(thresholds.length * count);
  levels(unit).forEach((passed, i) => {
    if (passed === 0) return;
    const position = unit.positions[i]!;
    // counted at the highest threshold passed, and carried downwards below
    predicted[passed - 1]!++;
    for (let at = starts[position]!; at < starts[position + 1]!; at++) right[(passed - 1) * count + properties[at]!]!++;
  });
  for (let level = thresholds.length - 2; level >= 0; level--) {
    predicted[level]! += predicted[level + 1]!;
    for (let g = 0; g < count; g++) right[level * count + g]! += right[(level + 1) * count + g]!;
  }
  return { predicted, right };
}

/** Positions that have each property, int32 [count]. */
export function prevalence({ count, properties }: PropertyTable): Int32Array {
  const positives = new Int32Array(count);
  for (const property of properties) positives[property]!++;
  return positives;
}

export interface Coverage {
  /** Mean of `best`, in [0, 1], higher is better; each property at its own threshold. */
  readonly coverage: number;
  /** The same with one threshold for all properties, the best one: what one released variant of the figure reports. */
  readonly fixed: { readonly coverage: number; readonly threshold: number };
  /** Best F1 of each property, float64 [properties]. */
  readonly best: Float64Array;
  /** The unit that has it, int32 [properties]; -1 where none fires with the property. */
  readonly units: Int32Array;
  /** Units that fired often enough. */
  readonly counted: number;
}

/** Collects units one at a time, so that no code matrix is held. */
export class CoverageSearch {
  readonly #table: PropertyTable;
  readonly #positives: Int32Array;
  /** Best F1 by threshold and property, [11 * properties]. */
  readonly #best: Float64Array;
  readonly #units: Int32Array;
  #counted = 0;

  constructor(table: PropertyTable) {
    if (table.count < 1) throw new LoupeError('bad-request', 'there is no property: coverage needs one at least');
    this.#table = table;
    this.#positives = prevalence(table);
    this.#best = new Float64Array(thresholds.length * table.count);
    this.#units = new Int32Array(thresholds.length * table.count).fill(-1);
  }

  add(id: number, unit: UnitCodes): void {
    if (unit.positions.length < leastFirings) return;
    this.#counted++;
    const { count } = this.#table;
    const { predicted, right } = countHits(unit, this.#table);
    right.forEach((hits, at) => {
      // 2 true positives / (predicted + positives)
      const f1 = hits === 0 ? 0 : (2 * hits) / (predicted[Math.floor(at / count)]! + this.#positives[at % count]!);
      if (f1 > this.#best[at]!) [this.#best[at], this.#units[at]] = [f1, id];
    });
  }

  /** Takes over what another search of the same table found: the better of both for every property. */
  merge(other: CoverageSearch): void {
    other.#best.forEach((f1, at) => {
      if (f1 > this.#best[at]!) [this.#best[at], this.#units[at]] = [f1, other.#units[at]!];
    });
    this.#counted += other.#counted;
  }

  result(): Coverage {
    const { count } = this.#table;
    const best = new Float64Array(count);
    const units = new Int32Array(count).fill(-1);
    this.#best.forEach((f1, at) => {
      if (f1 > best[at % count]!) [best[at % count], units[at % count]] = [f1, this.#units[at]!];
    });
    const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / count;
    const byThreshold = thresholds.map((threshold, level) => ({ threshold, coverage: mean(this.#best.subarray(level * count, (level + 1) * count)) }));
    const fixed = byThreshold.reduce((a, b) => (b.coverage > a.coverage ? b : a));
    return { coverage: mean(best), fixed, best, units, counted: this.#counted };
  }
}
