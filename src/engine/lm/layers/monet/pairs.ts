/**
 * Sums over pairs of sub-experts with weights C_ij = keep_ij sum over heads of left[h, i] right[h, j]. They go through the halves: nothing of the size
 * tokens * s * s is made, with a mask neither.
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
