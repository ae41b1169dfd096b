/**
 * The sparsifying half of a CRATE block: steps of proximal gradient descent on G(a) = |z - D a|^2 / 2 + lambda sum a over a >= 0, for a learned dictionary
 * (Yu et al. 2023, arXiv 2306.01129, eq. 16; step size and lambda 0.1 in the released code). No G falls for certain unless eta <= 1 / |D|^2 and a >= 0.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Start } from '../definition.ts';

export interface IstaSettings {
  /** Step size. */
  readonly eta: number;
  /** Weight of sum a. */
  readonly lambda: number;
}

/**
 * max(0, a + eta (z - D a)^T D - eta lambda), in rows, float32 [tokens, atoms].
 *
 * @param a float32 [tokens, atoms]
 * @param z float32 [tokens, dModel]
 * @param dictionary D, an atom a column: float32 [dModel, atoms]
 */
export function istaStep(a: Tensor2D, z: Tensor2D, dictionary: Tensor2D, { eta, lambda }: IstaSettings): Tensor2D {
  const residual = tf.sub(z, tf.matMul(a, dictionary, false, true)) as Tensor2D;
  return tf.relu(tf.add(a, tf.sub(tf.mul(tf.matMul(residual, dictionary), eta), eta * lambda)));
}

/** CRATE's block: one step from a = z over a square dictionary, float32 [tokens, dModel]; what comes out is the stream, not added to it. z float32 [tokens, dModel], normed; D [dModel, dModel]. */
export function istaBlock(z: Tensor2D, dictionary: Tensor2D, settings: IstaSettings): Tensor2D {
  return istaStep(z, z, dictionary, settings);
}

/** Codes over more atoms than dimensions, by `steps` steps from a = 0, float32 [tokens, atoms]. z float32 [tokens, dModel], normed; D [dModel, atoms]. */
export function overcompleteCodes(z: Tensor2D, dictionary: Tensor2D, settings: IstaSettings, steps: number): Tensor2D {
  // from 0 the first step needs no reconstruction
  let a: Tensor2D = tf.relu(tf.sub(tf.mul(tf.matMul(z, dictionary), settings.eta), settings.eta * settings.lambda));
  for (let step = 1; step < steps; step++) a = istaStep(a, z, dictionary, settings);
  return a;
}

/** D a, what the overcomplete variant adds to the stream: codes float32 [tokens, atoms], D [dModel, atoms] -> float32 [tokens, dModel]. */
export function readOut(codes: Tensor2D, dictionary: Tensor2D): Tensor2D {
  return tf.matMul(codes, dictionary, false, true);
}

/** U(-b, b) with b = sqrt(6 / fan-in), fan-in the second axis, as the released code starts D: then |D|^2 is near 8 for a square one (He et al. 2015, arXiv 1502.01852). */
export const dictionaryStart: Start = (random, shape) => {
  const bound = Math.sqrt(6 / shape[1]!);
  return Float32Array.from({ length: shape[0]! * shape[1]! }, () => bound * (2 * random.uniform() - 1));
};
