/** Monet's experts as features: which pairs a token uses, and how much. */

/** One token's experts in order of their pair i * s + j. */
export interface PairCodes {
  /** int32 [active pairs] */
  readonly pairs: Int32Array;
  /** C_ij, float32 [active pairs] */
  readonly weights: Float32Array;
}

function nonZero(gates: Float32Array, from: number, s: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < s; i++) if (gates[from + i]! > 0) found.push(i);
  return found;
}

/**
 * The pairs of each token with C_ij > 0, without the s * s others: about heads * active^2 of them.
 *
 * @param gates1 [tokens, heads, s] in a flat array; `gates2` as it
 */
export function pairCodes(gates1: Float32Array, gates2: Float32Array, heads: number, s: number): PairCodes[] {
  const tokens = gates1.length / (heads * s);
  return Array.from({ length: tokens }, (_, token) => {
    const weights = new Map<number, number>();
    for (let head = 0; head < heads; head++) {
      const from = (token * heads + head) * s;
      const columns = nonZero(gates2, from, s);
      for (const i of nonZero(gates1, from, s)) {
        for (const j of columns) weights.set(i * s + j, (weights.get(i * s + j) ?? 0) + gates1[from + i]! * gates2[from + j]!);
      }
    }
    const pairs = Int32Array.from(weights.keys()).sort();
    return { pairs, weights: Float32Array.from(pairs, (pair) => weights.get(pair)!) };
  });
}
