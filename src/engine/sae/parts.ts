/** What several variants share: initial weights, pre-activations and the two losses of the TopK family. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { topKDense } from '../ops/top-k.ts';
import type { InitContext, LossContext, Weights } from './definition.ts';

/**
 * Gaussian decoder rows of norm 1, the encoder equal to the decoder, biases 0 and the centre of the data
 * (Gao et al. 2024, arXiv 2406.04093, appendix A.1). wEnc, wDec float32 [dSae, dIn]; bEnc [dSae]; bDec [dIn].
 */
export function tiedUnitInit({ dIn, dSae, random, centre }: InitContext): Weights {
  const rows = unitRows(random.normals(dSae * dIn), dSae, dIn);
  return {
    wEnc: tf.tensor2d(rows, [dSae, dIn]),
    wDec: tf.tensor2d(rows, [dSae, dIn]),
    bEnc: tf.zeros([dSae]),
    bDec: tf.tensor1d(centre),
  };
}

/**
 * Gaussian decoder rows of norm `norm`, the encoder equal to the decoder, all biases 0 (Anthropic, April 2024 update: rows are free and
 * start at 0.1). wEnc, wDec float32 [dSae, dIn]; bEnc [dSae]; bDec [dIn].
 */
export function tiedFreeInit(context: InitContext, norm: number): Weights {
  const { wDec, bEnc, bDec } = tiedUnitInit(context);
  return { wEnc: tf.mul(wDec!, norm), wDec: tf.mul(wDec!, norm), bEnc: bEnc!, bDec: tf.zerosLike(bDec!) };
}

/** Scales each row of float32 [rows, d] to norm 1, in place. */
export function unitRows(values: Float32Array, rows: number, d: number): Float32Array {
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * d; i < (row + 1) * d; i++) square += values[i]! ** 2;
    const inverse = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = row * d; i < (row + 1) * d; i++) values[i]! *= inverse;
  }
  return values;
}

/** u = (x - bDec) wEnc^T + bEnc, float32 [rows, dSae], from x [rows, dIn]. */
export function preActivations(parameters: Weights, x: Tensor2D): Tensor2D {
  return encoderProduct(parameters, tf.sub(x, parameters['bDec']!));
}

/** u = x wEnc^T + bEnc, float32 [rows, dSae], from x [rows, dIn]: without a pre-encoder bias. */
export function encoderProduct(parameters: Weights, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(x, parameters['wEnc'] as Tensor2D, false, true), parameters['bEnc']!);
}

/** latents [rows, dSae] -> latents wDec + bDec, float32 [rows, dIn]. */
export function decodeLinear(parameters: Weights, latents: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(latents, parameters['wDec'] as Tensor2D), parameters['bDec']!);
}

/** Sum of squares around the mean over rows, float32 []: the denominator of FVU. x [rows, d]. */
export function totalVariance(x: Tensor): Scalar {
  // not squaredDifference, whose gradient does not broadcast
  return tf.sum(tf.square(tf.sub(x, tf.mean(x, 0, true)))) as Scalar;
}

/** Sum |x - y|^2 / sum |x - mean(x)|^2 of a batch, float32 []; 0/0 is 0. x and y [rows, d]. */
export function normalisedError(x: Tensor, y: Tensor): Scalar {
  // not divNoNan, which has no gradient
  return tf.div(tf.sum(tf.squaredDifference(x, y)), tf.maximum(totalVariance(x), 1e-30)) as Scalar;
}

/** Norm of each row, float32 [rows], of w [rows, d]; its gradient is 0, not NaN, at a row of zeros. */
export function rowNorms(w: Tensor2D): Tensor1D {
  return tf.sqrt(tf.maximum(tf.sum(tf.square(w), 1), 1e-30));
}

/** Parts of x, of the given sizes along an axis: [rows, 5] in sizes 2 and 3 is [rows, 2] and [rows, 3]. `tf.split` has no gradient for one part. */
export function pieces<T extends Tensor>(x: T, sizes: readonly number[], axis: 0 | 1): T[] {
  return sizes.length === 1 ? [x] : tf.split(x, [...sizes], axis) as T[];
}

/** Mean over rows of the squared error |x - y|^2, float32 []: the reconstruction term of the L1 and L0 families. x and y [rows, d]. */
export function meanSquaredError(x: Tensor2D, y: Tensor2D): Scalar {
  return tf.div(tf.sum(tf.squaredDifference(x, y)), x.shape[0]) as Scalar;
}

/**
 * Reconstructs the error from the `auxK` largest dead pre-activations, decoded without bias (Gao et al. 2024, arXiv 2406.04093, eq. 7 and
 * appendix A.2): |e - e'|^2 / |e - mean(e)|^2, float32 [], where e has no gradient; 0 where nothing is dead.
 * u float32 [rows, dSae], error = x - reconstruction [rows, dIn].
 */
export function auxiliaryLoss(wDec: Tensor2D, u: Tensor2D, error: Tensor2D, auxK: number, dead: Tensor1D | null): Scalar {
  if (dead === null || auxK === 0) return tf.scalar(0);
  const kept = topKDense(tf.mul(tf.relu(u), dead) as Tensor2D, Math.min(auxK, u.shape[1]));
  return normalisedError(stopGradient(error), tf.matMul(kept, wDec));
}

/** A coefficient's share of its full value: it rises linearly over the first `share` of the run, from above 0 to 1. */
export function warmUp({ step, steps }: Pick<LossContext, 'step' | 'steps'>, share: number): number {
  return Math.min(1, (step + 1) / Math.max(1, steps * share));
}

/**
 * u where `choose` gives 1, else 0; the choice is constant to the gradient. float32 [rows, dSae].
 *
 * @param choose 0 and 1, float32 [rows, dSae], from u float32 [rows, dSae]
 */
export function keepWhere(u: Tensor2D, choose: (u: Tensor2D) => Tensor2D): Tensor2D {
  const forward = (input: Tensor2D, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    const kept = choose(input);
    save([kept]);
    return { value: tf.mul(input, kept), gradFunc: (dy, saved) => tf.mul(dy, saved[0]!) };
  };
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(u) as Tensor2D;
}

/** The value of `x` without its gradient. Any shape, like [rows, d]. */
export function stopGradient<T extends Tensor>(x: T): T {
  const forward = (input: Tensor): { value: Tensor; gradFunc: (dy: Tensor) => Tensor } => ({
    value: input.clone(),
    gradFunc: (dy) => tf.zerosLike(dy),
  });
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(x) as T;
}
