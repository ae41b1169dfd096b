/** What is measured on a sample of the data before training: scale, centre and variance. */
import { LoupeError } from '../../shared/errors.ts';

export interface DataFigures {
  /** x * scale has mean norm sqrt(dIn) (expected norm: Anthropic, April 2024 update; SAELens `expected_average_only_in`). */
  readonly scale: number;
  /** Start of the decoder bias, float32 [dIn], scaled units. */
  readonly centre: Float32Array;
  /** Sum over dimensions of the variance, scaled units. */
  readonly variance: number;
}

/**
 * @param x float32 [rows, dIn], raw units
 * @param biasInit what the centre is: the mean, the geometric median, or zero
 * @throws LoupeError `not-finite`, or `bad-file` when the activations do not vary
 */
export function measureData(x: Float32Array, dIn: number, biasInit: 'mean' | 'median' | 'zero'): DataFigures {
  const rows = x.length / dIn;
  let norms = 0;
  let squares = 0;
  const sum = new Float64Array(dIn);
  for (let r = 0; r < rows; r++) {
    let square = 0;
    for (let i = 0; i < dIn; i++) {
      const value = x[r * dIn + i]!;
      square += value * value;
      sum[i]! += value;
    }
    if (!Number.isFinite(square)) throw new LoupeError('not-finite', `row ${r} of the sampled activations holds a value that is not a finite number. Harvest again.`);
    norms += Math.sqrt(square);
    squares += square;
  }
  const scale = Math.sqrt(dIn) / (norms / rows);
  const meanSquare = sum.reduce((total, s) => total + (s / rows) ** 2, 0);
  const variance = (squares / rows - meanSquare) * scale * scale;
  if (!(variance > 0) || !Number.isFinite(scale)) {
    throw new LoupeError('bad-file', `the ${rows} sampled activations are all equal: there is nothing to train on. Check the hook and the store.`);
  }
  const centre = biasInit === 'median' ? geometricMedian(x, dIn) : Float64Array.from(sum, (s) => (biasInit === 'mean' ? s / rows : 0));
  return { scale, variance, centre: Float32Array.from(centre, (v) => v * scale) };
}

/** Weiszfeld's algorithm (at most 100 rounds, relative tolerance 1e-5, as dictionary_learning), float64 [dIn]. x float32 [rows, dIn]. */
export function geometricMedian(x: Float32Array, dIn: number, rounds = 100, tolerance = 1e-5): Float64Array {
  const rows = x.length / dIn;
  let guess = new Float64Array(dIn);
  for (let r = 0; r < rows; r++) for (let i = 0; i < dIn; i++) guess[i]! += x[r * dIn + i]! / rows;
  for (let round = 0; round < rounds; round++) {
    const next = new Float64Array(dIn);
    let weights = 0;
    for (let r = 0; r < rows; r++) {
      let square = 0;
      for (let i = 0; i < dIn; i++) square += (x[r * dIn + i]! - guess[i]!) ** 2;
      const weight = 1 / Math.max(Math.sqrt(square), 1e-12);
      weights += weight;
      for (let i = 0; i < dIn; i++) next[i]! += weight * x[r * dIn + i]!;
    }
    let [moved, size] = [0, 0];
    for (let i = 0; i < dIn; i++) {
      next[i]! /= weights;
      moved += (next[i]! - guess[i]!) ** 2;
      size += next[i]! ** 2;
    }
    guess = next;
    if (moved <= tolerance * tolerance * Math.max(size, 1e-24)) break;
  }
  return guess;
}
