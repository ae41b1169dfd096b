/**
 * Sparsity-aware routing (MoE-X, Yang et al. 2025, arXiv 2503.07639, section 3.3): an expert's score is how few of its ReLU units will fire, predicted
 * without running it. The rows of W_enc[e] count as draws of independent normal coordinates, so that its pre-activations are normal with
 * m = mu x + mean b and s^2 = var x^2 + var b; P(a > 0) = (1 + erf(m / (sqrt 2 s))) / 2.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { ExpertWeights } from './experts.ts';

/** Over the rows of each expert's encoder. They change with every optimiser step, so that a forward pass without gradient may keep them. */
export interface RowStatistics {
  /** float32 [experts, dModel] */
  readonly mean: Tensor2D;
  /** Of the population, float32 [experts, dModel]. */
  readonly variance: Tensor2D;
  /** float32 [experts] each; null without encoder biases. */
  readonly bias: { readonly mean: Tensor1D; readonly variance: Tensor1D } | null;
}

/** wEnc float32 [experts, width, dModel], bEnc [experts, width]; gradients pass. experts * width * dModel operations. */
export function rowStatistics({ wEnc, bEnc }: Pick<ExpertWeights, 'wEnc' | 'bEnc'>): RowStatistics {
  const mean = tf.mean(wEnc, 1, true);
  const variance = tf.mean(tf.square(tf.sub(wEnc, mean)), 1) as Tensor2D;
  return { mean: tf.squeeze(mean, [1]), variance, bias: bEnc === null ? null : biasStatistics(bEnc) };
}

function biasStatistics(bEnc: Tensor2D): RowStatistics['bias'] {
  const mean = tf.mean(bEnc, 1, true);
  return { mean: tf.squeeze(mean, [1]), variance: tf.mean(tf.square(tf.sub(bEnc, mean)), 1) };
}

/** Keeps the square root's gradient finite where an expert's rows are all equal. */
const leastVariance = 1e-12;

/**
 * r = -erf(m / (sqrt 2 s + 1e-6)), between -1 and 1, high where few units will fire. tf.erf is within 3e-7 on every backend (a test says so), its
 * gradient is exact. tokens * experts * dModel operations.
 *
 * @param x float32 [tokens, dModel]
 * @returns float32 [tokens, experts]
 */
export function sparsityScores(x: Tensor2D, { mean, variance, bias }: RowStatistics): Tensor2D {
  let m = tf.matMul(x, mean, false, true) as Tensor2D;
  let square = tf.matMul(tf.square(x), variance, false, true) as Tensor2D;
  if (bias !== null) [m, square] = [tf.add(m, bias.mean), tf.add(square, bias.variance)];
  const s = tf.sqrt(tf.maximum(square, leastVariance));
  return tf.neg(tf.erf(tf.div(m, tf.add(tf.mul(s, Math.SQRT2), 1e-6))));
}

/** How many of `width` units of each expert are expected to fire, width (1 - r) / 2, float32 [tokens, experts], from scores of that shape. */
export function expectedCounts(scores: Tensor2D, width: number): Tensor2D {
  return tf.mul(tf.sub(1, scores), width / 2);
}
