/** Histograms in bins of equal width between the least and the largest value. */

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Least and largest of `values`; 0 and 0 where there are none. */
export function rangeOf(values: Float32Array): Range {
  if (values.length === 0) return { low: 0, high: 0 };
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
}

/** Adds to `counts`, int32 [bins], the values by bin from `low` to `high`, both ends included. */
export function addLinear(values: Float32Array, { low, high }: Range, counts: Int32Array): void {
  const last = counts.length - 1;
  const scale = high > low ? counts.length / (high - low) : 0;
  for (let i = 0; i < values.length; i++) {
    const bin = ((values[i]! - low) * scale) | 0;
    counts[bin > last ? last : bin]!++;
  }
}
