/** The figures of one feature out of its firings: maximum, mean, histogram, firings by interval. */
import { histogramBins } from './build-files.ts';

export interface FeatureFigures {
  readonly firings: number;
  readonly max: number;
  /** Mean activation where it fires (sum in float64). */
  readonly mean: number;
  /** log10 of the least and the largest activation; 0 when it never fires. */
  readonly low: number;
  readonly high: number;
}

/** Figures of the activations `values`, float32 [firings], all positive. */
export function figuresOf(values: Float32Array): FeatureFigures {
  let sum = 0;
  let min = Infinity;
  let max = 0;
  for (const value of values) {
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const firings = values.length;
  if (firings === 0) return { firings, max: 0, mean: 0, low: 0, high: 0 };
  return { firings, max, mean: sum / firings, low: Math.log10(min), high: Math.log10(max) };
}

/** Adds to `counts`, int32 [50], the activations by bins that are equal in log10 from `low` to `high`, both ends included. */
export function addHistogram(values: Float32Array, { low, high }: FeatureFigures, counts: Int32Array): void {
  const scale = high > low ? histogramBins / (high - low) : 0;
  for (const value of values) counts[Math.min(histogramBins - 1, Math.max(0, Math.floor((Math.log10(value) - low) * scale)))]!++;
}

/** The interval of (0, max] that a value lies in: 0 is the highest of `n`. An interval holds its upper end. */
export function intervalOf(value: number, max: number, n: number): number {
  return Math.min(n - 1, Math.max(0, n - Math.ceil((value / max) * n)));
}

/** Adds to `counts`, int32 [n], the activations by interval of (0, max], highest first. */
export function addIntervals(values: Float32Array, max: number, counts: Int32Array): void {
  for (const value of values) counts[intervalOf(value, max, counts.length)]!++;
}
