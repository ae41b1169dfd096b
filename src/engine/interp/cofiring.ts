/**
 * Which features fire on the same tokens: for each feature its products with all others, summed over tokens, and the tokens on which both
 * fire. Exact, out of the sparse codes alone: a firing of one feature touches only what else fires on its token.
 *
 * Memory: the codes of one segment row by row, and the sums of as many features as are counted at a time.
 */
import type { Firings } from './codes.ts';
import { pearson } from './pearson.ts';
import type { Variables } from './pearson.ts';
import { readRowCodes, segmentsOf } from './row-codes.ts';
import type { RowCodes, Segment } from './row-codes.ts';
import { Strongest } from './strongest.ts';

/** Firings held row by row, 8 bytes each. */
const segmentFirings = 16_000_000;
/** Sums held at one time where a store has several segments, 16 bytes each. */
const heldSums = 8_000_000;

/** Sums of one feature with each of all features: products float64 [dSae], tokens on which both fire int32 [dSae]. */
export interface CofiringSums {
  readonly products: Float64Array;
  readonly counts: Int32Array;
  /** The features whose count is not 0, rising; where it is left out all are looked at. */
  readonly others?: Int32Array;
}

/** Below this share of all features a list of some is sorted faster than all counts are read. */
const sortedShare = 1 / 32;

export class Cofiring {
  readonly #folder: string;
  readonly #blockRows: number;
  readonly #segments: readonly Segment[];
  readonly #dSae: number;
  /** Features counted at a time. */
  readonly #group: number;
  readonly #products: Float64Array;
  readonly #counts: Int32Array;
  /** What fires with each feature, as it was found: the first `#found` of dSae places. */
  readonly #others: Int32Array;
  readonly #found: Int32Array;
  #only: RowCodes | null = null;

  /** `byBlock`: firings of each block. `budget` is for tests. */
  constructor(folder: string, byBlock: readonly number[], blockRows: number, dSae: number, budget: number = segmentFirings) {
    this.#folder = folder;
    this.#blockRows = blockRows;
    this.#segments = segmentsOf(byBlock, budget);
    this.#dSae = dSae;
    this.#group = this.#segments.length <= 1 ? 1 : Math.max(1, Math.floor(heldSums / dSae));
    this.#products = new Float64Array(this.#group * dSae);
    this.#counts = new Int32Array(this.#group * dSae);
    this.#others = new Int32Array(this.#group * dSae);
    this.#found = new Int32Array(this.#group);
  }

  /** Calls `visit` with the sums of each feature of `firings`; they are overwritten afterwards. */
  eachFeature(firings: Firings, visit: (feature: number, sums: CofiringSums) => void): void {
    const n = firings.offsets.length - 1;
    for (let from = 0; from < n; from += this.#group) {
      const to = Math.min(n, from + this.#group);
      for (const segment of this.#segments) {
        const codes = this.#codes(segment);
        for (let i = from; i < to; i++) this.#add(codes, firings, i, i - from);
      }
      for (let i = from; i < to; i++) {
        const sums = this.#sums(i - from);
        visit(firings.first + i, sums);
        this.#clear(sums, i - from);
      }
    }
  }

  #clear({ products, counts, others }: CofiringSums, place: number): void {
    for (let at = 0; at < others!.length; at++) products[others![at]!] = counts[others![at]!] = 0;
    this.#found[place] = 0;
  }

  #codes(segment: Segment): RowCodes {
    if (this.#segments.length > 1) return readRowCodes(this.#folder, segment, this.#blockRows);
    return (this.#only ??= readRowCodes(this.#folder, segment, this.#blockRows));
  }

  #sums(place: number): CofiringSums {
    const [begin, end] = [place * this.#dSae, (place + 1) * this.#dSae];
    const counts = this.#counts.subarray(begin, end);
    return { products: this.#products.subarray(begin, end), counts, others: inOrder(this.#others.subarray(begin, begin + this.#found[place]!), counts) };
  }

  /** Adds what fires beside the firings of feature `i` that lie in `codes`. */
  #add(codes: RowCodes, firings: Firings, i: number, place: number): void {
    const { starts, features, values, firstRow } = codes;
    const [begin, end] = [place * this.#dSae, (place + 1) * this.#dSae];
    const [products, counts, others] = [this.#products.subarray(begin, end), this.#counts.subarray(begin, end), this.#others.subarray(begin, end)];
    let found = this.#found[place]!;
    const rows = starts.length - 1;
    for (let p = firings.offsets[i]!; p < firings.offsets[i + 1]!; p++) {
      const row = firings.rows[p]! - firstRow;
      if (row < 0 || row >= rows) continue;
      const value = firings.values[p]!;
      for (let q = starts[row]!; q < starts[row + 1]!; q++) {
        const other = features[q]!;
        products[other]! += value * values[q]!;
        if (counts[other]!++ === 0) others[found++] = other;
      }
    }
    this.#found[place] = found;
  }
}

/** Sorts `others`, which are the places in `counts` that are not 0. */
function inOrder(others: Int32Array, counts: Int32Array): Int32Array {
  if (others.length < counts.length * sortedShare) return others.sort();
  for (let other = 0, at = 0; at < others.length; other++) if (counts[other] !== 0) others[at++] = other;
  return others;
}

/** Places `best` into row `i` of `ids` and `values`, which hold -1 and 0 past its end. */
export function place(best: Strongest, i: number, ids: Int32Array, values: Float32Array | null): void {
  const k = best.ids.length;
  ids.fill(-1, i * k, (i + 1) * k);
  ids.set(best.ids.subarray(0, best.size), i * k);
  values?.set(best.values.subarray(0, best.size), i * k);
}

/** Of the features that fire on a token of `feature`'s: the k with the highest correlation above 0. */
export function mostCorrelated(feature: number, { products, counts, others }: CofiringSums, tokens: number, features: Variables, k: number): Strongest {
  const best = new Strongest(k);
  const n = others?.length ?? counts.length;
  for (let at = 0; at < n; at++) {
    const other = others === undefined ? at : others[at]!;
    if (!(products[other]! > 0) || other === feature) continue;
    const r = pearson(tokens, products[other]!, features, feature, features, other);
    if (r > 0 && r > best.bound) best.offer(other, r);
  }
  return best;
}

/** The k features with the largest share of common tokens: both fire / either fires (Jaccard 1912). */
export function mostTogether(feature: number, { counts, others }: CofiringSums, firings: Float64Array, k: number): Strongest {
  const best = new Strongest(k);
  const own = firings[feature]!;
  const n = others?.length ?? counts.length;
  for (let at = 0; at < n; at++) {
    const other = others === undefined ? at : others[at]!;
    const both = counts[other]!;
    if (both === 0 || other === feature) continue;
    const share = both / (own + firings[other]! - both);
    if (share > best.bound) best.offer(other, share);
  }
  return best;
}
