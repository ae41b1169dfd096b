/**
 * Sums over pairs of sub-experts with weights C_ij = keep_ij sum over heads of left[h, i] right[h, j]. They go through the halves: nothing of the size
 * tokens * s * s is made, with a mask neither. (`explicitPairs` is for those who want to see or change C itself.)
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * out_j = sum over i of C_ij values_i, float32 [tokens, s, m].
 *
 * Without a mask tokens * heads * s * m * 2 multiplications; with one tokens * heads * s * s * m.
 *
 * @param left float32 [tokens, heads, s], weights of what is summed over
 * @param right float32 [tokens, heads, s]
 * @param values float32 [tokens, s, m]
 * @param keep float32 [s, s] of (i, j), 0 where a pair is purged; null: all stay
 */
export function contractPairs(left: Tensor3D, right: Tensor3D, values: Tensor3D, keep: Tensor2D | null): Tensor3D {
  if (keep === null) return tf.matMul(right, tf.matMul(left, values), true, false) as Tensor3D;
  const [tokens, s, m] = values.shape;
  const turned = tf.transpose(values, [0, 2, 1]);
  const ofHead = (gates: Tensor3D, head: number): Tensor => tf.slice(gates, [0, head, 0], [-1, 1, -1]);
  const parts = Array.from({ length: left.shape[1] }, (_, head) => {
    const weighted = tf.reshape(tf.mul(turned, ofHead(left, head)), [tokens * m, s]);
    return tf.mul(tf.reshape(tf.matMul(weighted as Tensor2D, keep), [tokens, m, s]), ofHead(right, head));
  });
  return tf.transpose(parts.reduce((sum, part) => tf.add(sum, part)), [0, 2, 1]) as Tensor3D;
}

/** sum over i of C_ij, float32 [tokens, s] over j; arguments as `contractPairs`: left, right float32 [tokens, heads, s], keep [s, s]. */
export function pairSums(left: Tensor3D, right: Tensor3D, keep: Tensor2D | null): Tensor2D {
  if (keep === null) return tf.sum(tf.mul(tf.sum(left, 2, true), right), 1);
  const [tokens, heads, s] = left.shape;
  const reached = tf.reshape(tf.matMul(tf.reshape(left, [tokens * heads, s]) as Tensor2D, keep), [tokens, heads, s]);
  return tf.sum(tf.mul(reached, right), 1);
}

/** What an expert layer sums over pairs (i, j) with weights C, float32 throughout. */
export interface PairWeights {
  /** sum over i of C_ij values_i, [tokens, s, m] over j; values [tokens, s, m]. */
  columns(values: Tensor3D): Tensor3D;
  /** sum over j of C_ij values_j, [tokens, s, m] over i. */
  rows(values: Tensor3D): Tensor3D;
  /** sum over i of C_ij, [tokens, s] over j. */
  columnSums(): Tensor2D;
  /** sum over j of C_ij, [tokens, s] over i. */
  rowSums(): Tensor2D;
}

/** gates1, gates2 float32 [tokens, heads, s]; keep [s, s] of (i, j), 0 where an expert is purged, null: all stay. */
export function factoredPairs({ gates1, gates2 }: Gates, keep: Tensor2D | null = null): PairWeights {
  const turned = keep === null ? null : tf.transpose(keep);
  return {
    columns: (values) => contractPairs(gates1, gates2, values, keep),
    rows: (values) => contractPairs(gates2, gates1, values, turned),
    columnSums: () => pairSums(gates1, gates2, keep),
    rowSums: () => pairSums(gates2, gates1, turned),
  };
}

/** The gates of both halves, float32 [tokens, heads, s]. */
export interface Gates {
  readonly gates1: Tensor3D;
  readonly gates2: Tensor3D;
}

/** C itself, float32 [tokens, s, s]: s * s numbers a token. gates1, gates2 [tokens, heads, s]. */
export function pairMatrix({ gates1, gates2 }: Gates): Tensor3D {
  return tf.matMul(gates1, gates2, true, false) as Tensor3D;
}

/** The same sums for any C float32 [tokens, s, s]. */
export function explicitPairs(c: Tensor3D): PairWeights {
  return {
    columns: (values) => tf.matMul(c, values, true, false) as Tensor3D,
    rows: (values) => tf.matMul(c, values) as Tensor3D,
    columnSums: () => tf.sum(c, 1),
    rowSums: () => tf.sum(c, 2),
  };
}
