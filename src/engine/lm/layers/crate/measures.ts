/** What a CRATE model shows layer by layer: how far tokens are compressed into subspaces, and how sparse the codes are (Yu et al. 2023, arXiv 2306.01129, section 3). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { scoped } from '../../../ops/scope.ts';
import { constant } from '../../constant.ts';
import { rateOfGram } from './coding-rate.ts';
import type { MssaShape } from './mssa.ts';

/** epsilon^2 of the released code's figures. */
export const distortion = 0.01;

export interface CodingRates {
  /** Within the layer's subspaces, summed over heads: nats, mean over sequences. */
  readonly rc: number;
  /** Of the tokens as they are: nats, mean over sequences. */
  readonly r: number;
}

/** Each row divided by its norm. x float32 [rows, d]. */
function unitRows(x: Tensor2D): Tensor2D {
  return tf.div(x, tf.maximum(tf.norm(x, 2, 1, true), 1e-12));
}

/** The smaller Gram matrix of each x[i], float32 [count, n, d] -> [count, size, size]. */
function smallerGrams(x: Tensor3D): Tensor {
  return x.shape[2] <= x.shape[1] ? tf.matMul(x, x, true, false) : tf.matMul(x, x, false, true);
}

/** Mean over sequences, sum over what stands beside each other in one. */
function meanRate(grams: Tensor, alpha: number, sequences: number): number {
  const [count, size] = grams.shape as [number, number];
  const values = grams.dataSync();
  let sum = 0;
  for (let i = 0; i < count; i++) sum += rateOfGram(values.subarray(i * size * size, (i + 1) * size * size), size, alpha);
  return sum / sequences;
}

/**
 * Rates of the tokens between the halves of a block, scaled to norm 1: each sequence is a set of its own, with p / (n epsilon^2) in subspaces and
 * d / (n epsilon^2) outside. Gram matrices in float32, their determinants in float64.
 *
 * @param half float32 [batch * length, dModel], hook_resid_mid
 * @param bases the layer's projection, float32 [dModel, heads * p]
 */
export function codingRates(half: Tensor2D, bases: Tensor2D, { batch, length, heads }: MssaShape, epsilonSquared = distortion): CodingRates {
  return scoped(() => {
    const [dModel, width] = bases.shape;
    const p = width / heads;
    const unit = unitRows(half);
    const inHeads = tf.transpose(tf.reshape(tf.matMul(unit, bases), [batch, length, heads, p]), [0, 2, 1, 3]);
    const rc = meanRate(smallerGrams(tf.reshape(inHeads, [batch * heads, length, p])), p / (length * epsilonSquared), batch);
    const r = meanRate(smallerGrams(tf.reshape(unit, [batch, length, dModel])), dModel / (length * epsilonSquared), batch);
    return { rc, r };
  });
}

/** Share of entries that are not exactly 0, float32 [], of codes float32 [tokens, atoms] behind their ReLU; no gradient. */
export function nonZeroMean(codes: Tensor2D): Scalar {
  return tf.mean(tf.cast(tf.notEqual(constant(codes), 0), 'float32'));
}

/** The same as a number; codes float32 [tokens, atoms]. */
export function nonZeroShare(codes: Tensor2D): number {
  return scoped(() => nonZeroMean(codes).dataSync()[0]!);
}
