/** What several variants share: initial weights, pre-activations and the two losses of the TopK family. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { InitContext, Weights } from './definition.ts';

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
  const centred = tf.sub(x, parameters['bDec']!) as Tensor2D;
  return tf.add(tf.matMul(centred, parameters['wEnc'] as Tensor2D, false, true), parameters['bEnc']!);
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

/** The value of `x` without its gradient. Any shape, like [rows, d]. */
export function stopGradient<T extends Tensor>(x: T): T {
  const forward = (input: Tensor): { value: Tensor; gradFunc: (dy: Tensor) => Tensor } => ({
    value: input.clone(),
    gradFunc: (dy) => tf.zerosLike(dy),
  });
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(x) as T;
}
