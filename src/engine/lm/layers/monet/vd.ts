/**
 * Monet with vertical decomposition: an expert's hidden units and its outputs are two halves each, [phi1_i, phi2_j] and [top_i, bottom_j]
 * (Park et al. 2024, arXiv 2412.04139, section 3.2):
 * top = V11_i phi1_i + V12_i phi2_j + b1_i, bottom = V21_j phi1_i + V22_j phi2_j + b2_j.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { decodeSubExperts, subExpertCodes } from './hd.ts';
import type { PairWeights } from './pairs.ts';

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
 */
export function applyVd(x: Tensor2D, weights: VdWeights, pairs: PairWeights): Tensor2D {
  const [phi1, phi2] = [subExpertCodes(x, weights.u1, weights.bU1), subExpertCodes(x, weights.u2, weights.bU2)];
  const [rows, columns] = [pairs.rowSums(), pairs.columnSums()];
  const top = tf.add(
    tf.add(decodeSubExperts(weighted(phi1, rows), weights.v11), decodeSubExperts(pairs.rows(phi2), weights.v12)),
    tf.matMul(rows, weights.b1),
  );
  const bottom = tf.add(
    tf.add(decodeSubExperts(pairs.columns(phi1), weights.v21), decodeSubExperts(weighted(phi2, columns), weights.v22)),
    tf.matMul(columns, weights.b2),
  );
  return tf.concat([top, bottom], 1) as Tensor2D;
}
