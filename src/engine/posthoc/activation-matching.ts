/**
 * Latents matched by when they fire, where decoders cannot be compared (other hooks, other models): Pearson correlation over the same tokens, and
 * how well a latent tells when a known feature is there (metrics.md section 5).
 */
import { LoupeError } from '../../shared/errors.ts';
import type { SparseCodes } from '../sae/dictionary.ts';

/** Pairs of latents at most: sums of 1 GiB in float64. */
const mostPairs = 2 ** 27;

export interface CorrelationMatch {
  /** Largest correlation of each latent of a with one of b, float64 [a]; NaN where a latent does not vary. */
  readonly best: Float64Array;
  /** Which one, int32 [a]; -1 where none varies. */
  readonly at: Int32Array;
}

/** Sums over tokens of the latents of two dictionaries and of their products; only tokens on which both fire cost anything. */
export class CorrelationSums {
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #aSquares: Float64Array;
  readonly #bSquares: Float64Array;
  readonly #products: Float64Array;
  #rows = 0;

  /** Kind bad-request for more pairs of latents than fit into memory. */
  constructor(aLatents: number, bLatents: number) {
    if (aLatents * bLatents > mostPairs) throw new LoupeError('bad-request', `${aLatents} by ${bLatents} latents are more than ${mostPairs} pairs: match smaller dictionaries`);
    [this.#a, this.#aSquares] = [new Float64Array(aLatents), new Float64Array(aLatents)];
    [this.#b, this.#bSquares] = [new Float64Array(bLatents), new Float64Array(bLatents)];
    this.#products = new Float64Array(aLatents * bLatents);
  }

  /** Codes of the same tokens by both. Kind mismatch for other numbers of rows. */
  add(a: SparseCodes, b: SparseCodes): void {
    if (a.rows !== b.rows) throw new LoupeError('mismatch', `${a.rows} rows of one dictionary cannot be matched with ${b.rows} of the other: encode the same tokens`);
    const [n, products] = [this.#b.length, this.#products];
    for (let row = 0; row < a.rows; row++) {
      addLatents(b, row, this.#b, this.#bSquares);
      addLatents(a, row, this.#a, this.#aSquares);
      for (let s = row * a.width; s < (row + 1) * a.width; s++) {
        const value = a.values[s]!;
        if (value === 0) continue;
        const at = a.indices[s]! * n;
        for (let r = row * b.width; r < (row + 1) * b.width; r++) if (b.values[r] !== 0) products[at + b.indices[r]!]! += value * b.values[r]!;
      }
    }
    this.#rows += a.rows;
  }

  result(): CorrelationMatch {
    const [aCount, bCount, rows] = [this.#a.length, this.#b.length, this.#rows];
    const deviation = (sums: Float64Array, squares: Float64Array): Float64Array => squares.map((square, j) => Math.sqrt(Math.max(0, square - sums[j]! ** 2 / rows)));
    const [aSpread, bSpread] = [deviation(this.#a, this.#aSquares), deviation(this.#b, this.#bSquares)];
    const [best, at] = [new Float64Array(aCount).fill(Number.NaN), new Int32Array(aCount).fill(-1)];
    for (let i = 0; i < aCount; i++) {
      if (aSpread[i] === 0) continue;
      for (let j = 0; j < bCount; j++) {
        if (bSpread[j] === 0) continue;
        const correlation = (this.#products[i * bCount + j]! - (this.#a[i]! * this.#b[j]!) / rows) / (aSpread[i]! * bSpread[j]!);
        if (at[i]! < 0 || correlation > best[i]!) [best[i], at[i]] = [correlation, j];
      }
    }
    return { best, at };
  }
}

function addLatents({ width, indices, values }: SparseCodes, row: number, sums: Float64Array, squares: Float64Array): void {
  for (let s = row * width; s < (row + 1) * width; s++) {
    sums[indices[s]!]! += values[s]!;
    squares[indices[s]!]! += values[s]! ** 2;
  }
}

/** Which known features are in a token: [rows, s], distinct within a row. */
export interface KnownFeatures {
  readonly rows: number;
  /** int32 [rows * s] */
  readonly features: Int32Array;
}

/**
 * F1 of each known feature, float64 [n0]: its matched latent `latentOf[feature]` fires (f != 0) against the feature being in the token. 0 where the
 * latent never fires with it.
 */
export function featureF1(codes: SparseCodes, truth: KnownFeatures, latentOf: Int32Array): Float64Array {
  const [hits, predicted, actual] = [new Float64Array(latentOf.length), new Float64Array(latentOf.length), new Float64Array(latentOf.length)];
  const featuresOf = new Map<number, number[]>();
  latentOf.forEach((latent, feature) => featuresOf.set(latent, [...(featuresOf.get(latent) ?? []), feature]));
  const s = truth.features.length / truth.rows;
  for (let row = 0; row < truth.rows; row++) {
    const present = new Set(truth.features.subarray(row * s, (row + 1) * s));
    for (const feature of present) actual[feature]!++;
    for (let slot = row * codes.width; slot < (row + 1) * codes.width; slot++) {
      if (codes.values[slot] === 0) continue;
      for (const feature of featuresOf.get(codes.indices[slot]!) ?? []) {
        predicted[feature]!++;
        if (present.has(feature)) hits[feature]!++;
      }
    }
  }
  return hits.map((hit, feature) => (hit === 0 ? 0 : (2 * hit) / (predicted[feature]! + actual[feature]!)));
}
