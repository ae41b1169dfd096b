/**
 * Monet with horizontal decomposition: E_ij(x) = V_j phi(U_i x + bU_i) + b_j, with all s^2 experts in one layer (Park et al. 2024, arXiv 2412.04139, section 3.1).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { PairWeights } from './pairs.ts';

export interface HdWeights {
  /** float32 [s, m, dModel] */
  readonly u: Tensor3D;
  /** float32 [s, m] */
  readonly bU: Tensor2D;
  /** A row a hidden unit, V_j transposed: float32 [s, m, dModel]. */
  readonly v: Tensor3D;
  /** float32 [s, dModel] */
  readonly b: Tensor2D;
}

/** phi(x U^T + b), phi(a) = max(0, a)^2, of all sub-experts: x float32 [tokens, dModel], u [s, m, dModel], b [s, m] -> float32 [tokens, s, m]. */
export function subExpertCodes(x: Tensor2D, u: Tensor3D, b: Tensor2D): Tensor3D {
  const [s, m, dModel] = u.shape;
  const pre = tf.add(tf.matMul(x, tf.reshape(u, [s * m, dModel]) as Tensor2D, false, true), tf.reshape(b, [-1]));
  return tf.reshape(tf.square(tf.relu(pre)), [-1, s, m]);
}

/** values float32 [tokens, s, m], rows [s, m, d] -> their sum over both, float32 [tokens, d]. */
export function decodeSubExperts(values: Tensor3D, rows: Tensor3D): Tensor2D {
  const [s, m, d] = rows.shape;
  return tf.matMul(tf.reshape(values, [-1, s * m]) as Tensor2D, tf.reshape(rows, [s * m, d]) as Tensor2D);
}

/**
 * sum over i, j of C_ij E_ij(x), float32 [tokens, dModel]: q_j = sum over i of C_ij phi_i, y = sum over j of V_j q_j + (sum over i of C_ij) b_j. The weights of
 * biases are summed, not taken to be 1: with masks they are not.
 *
 * @param x float32 [tokens, dModel], normed
 */
export function applyHd(x: Tensor2D, { u, bU, v, b }: HdWeights, pairs: PairWeights): Tensor2D {
  return tf.add(decodeSubExperts(pairs.columns(subExpertCodes(x, u, bU)), v), tf.matMul(pairs.columnSums(), b));
}
