/** Pearson's correlation out of sums over tokens. */

/** Several variables over the same tokens. */
export interface Variables {
  /** float64 [variables] */
  readonly sums: Float64Array;
  /** Sum of squares less its part that the mean explains: tokens times the variance. float64 [variables] */
  readonly spreads: Float64Array;
}

/** Out of sums and sums of squares, float64 [variables], over `tokens` tokens. */
export function variablesOf(tokens: number, sums: Float64Array, squares: Float64Array): Variables {
  return { sums, spreads: squares.map((square, i) => (tokens > 0 ? square - (sums[i]! * sums[i]!) / tokens : 0)) };
}

/** Correlation of variable i of `a` and j of `b`, given the sum of their products; 0 where one of them does not vary. */
export function pearson(tokens: number, product: number, a: Variables, i: number, b: Variables, j: number): number {
  const both = a.spreads[i]! * b.spreads[j]!;
  if (!(both > 0)) return 0;
  const r = (product - (a.sums[i]! * b.sums[j]!) / tokens) / Math.sqrt(both);
  return r > 1 ? 1 : r < -1 ? -1 : r;
}
