/** What keeps a router from sending every token to the same experts (Fedus et al. 2021, arXiv 2101.03961, eq. 4 to 6). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { Choice } from './gates.ts';

/** Share of all choices that fall on each expert, [experts]; they sum to 1. */
export function expertLoads({ experts }: Choice, count: number): Float32Array {
  const loads = new Float32Array(count);
  for (const expert of experts) loads[expert]! += 1;
  return loads.map((load) => load / experts.length);
}

/**
 * experts * sum over experts of (share of choices f * mean probability P), float32 []: 1 at balance, `experts` where one takes all. f has no gradient.
 *
 * @param scores float32 [tokens, experts]; P is the mean over tokens of their full softmax
 */
export function loadBalanceLoss(scores: Tensor2D, choice: Choice, temperature = 1): Scalar {
  const count = scores.shape[1];
  const mean = tf.mean(tf.softmax(tf.div(scores, temperature) as Tensor2D, 1), 0);
  return tf.mul(tf.sum(tf.mul(tf.tensor1d(expertLoads(choice, count)), mean)), count);
}
