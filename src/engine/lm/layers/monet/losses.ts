/** Monet's two auxiliary losses (Park et al. 2024, arXiv 2412.04139, section 3.3): all sub-experts in use, each head decided. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { Gates } from './pairs.ts';

/** Keeps the logarithm finite for a sub-expert that no token of the batch uses. */
const least = 1e-9;

/** -log of mean gates over tokens, mean over heads and sub-experts of both halves, nats, float32 []: log s where all are used alike, and no less. gates float32 [tokens, heads, s]. */
export function uniformityLoss({ gates1, gates2 }: Gates): Scalar {
  const half = (gates: Tensor3D): Tensor => tf.mean(tf.log(tf.add(tf.mean(gates, 0), least)));
  return tf.mul(tf.add(half(gates1), half(gates2)), -0.5);
}

/** 1 - the largest gate of a head, mean over tokens, heads and halves, float32 []: 0 where every head is decided. gates float32 [tokens, heads, s]. */
export function ambiguityLoss({ gates1, gates2 }: Gates): Scalar {
  const half = (gates: Tensor3D): Tensor => tf.mean(tf.max(gates, 2));
  return tf.sub(1, tf.mul(tf.add(half(gates1), half(gates2)), 0.5));
}
