/**
 * Monet with vertical decomposition: an expert's hidden units and its outputs are two halves each, [phi1_i, phi2_j] and [top_i, bottom_j]
 * (Park et al. 2024, arXiv 2412.04139, section 3.2):
 * top = V11_i phi1_i + V12_i phi2_j + b1_i, bottom = V21_j phi1_i + V22_j phi2_j + b2_j.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { decodeSubExperts, subExpertCodes } from './hd.ts';
import { contractPairs, pairSums } from './pairs.ts';
import type { MonetRouting } from './router.ts';

export interface VdWeights {
  /** float32 [s, m / 2, dModel] each */
  readonly u1: Tensor3D;
  readonly u2: Tensor3D;
  /** float32 [s, m / 2] each */
  readonly bU1: Tensor2D;
  readonly bU2: Tensor2D;
  /** A row a hidden unit, transposed: float32 [s, m / 2, dModel / 2] each. */
  readonly v11: Tensor3D;
  readonly v12: Tensor3D;
  readonly v21: Tensor3D;
  readonly v22: Tensor3D;
  /** float32 [s, dModel / 2] each */
  readonly b1: Tensor2D;
  readonly b2: Tensor2D;
}

function weighted(values: Tensor3D, weights: Tensor2D): Tensor3D {
  return tf.mul(values, tf.expandDims(weights, 2));
}

/**
 * sum over i, j of C_ij E_ij(x), float32 [tokens, dModel], each of the four products reduced to one contraction over i or j.
 *
 * @param x float32 [tokens, dModel], normed
 * @param keep float32 [s, s] of (i, j), 0 where an expert is purged; null: all stay
 */
export function applyVd(x: Tensor2D, weights: VdWeights, { gates1, gates2 }: Pick<MonetRouting, 'gates1' | 'gates2'>, keep: Tensor2D | null): Tensor2D {
  const turned = keep === null ? null : tf.transpose(keep);
  const [phi1, phi2] = [subExpertCodes(x, weights.u1, weights.bU1), subExpertCodes(x, weights.u2, weights.bU2)];
  // sums of C over j, of i; and over i, of j
  const [rows, columns] = [pairSums(gates2, gates1, turned), pairSums(gates1, gates2, keep)];
  const top = tf.add(
    tf.add(decodeSubExperts(weighted(phi1, rows), weights.v11), decodeSubExperts(contractPairs(gates2, gates1, phi2, turned), weights.v12)),
    tf.matMul(rows, weights.b1),
  );
  const bottom = tf.add(
    tf.add(decodeSubExperts(contractPairs(gates1, gates2, phi1, keep), weights.v21), decodeSubExperts(weighted(phi2, columns), weights.v22)),
    tf.matMul(columns, weights.b2),
  );
  return tf.concat([top, bottom], 1) as Tensor2D;
}
