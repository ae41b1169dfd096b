/**
 * The threshold that replaces a selection over the batch once a dictionary is used on single tokens: the running mean of the smallest
 * activation kept in a batch (Bussmann et al. 2024, arXiv 2412.06410, eq. 5).
 *
 * SAELens starts the mean at 0, so that it is too low for the first hundreds of steps; here it is divided by its weight, 1 - decay^t
 * [our choice].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Weights } from './definition.ts';

/** Buffers at the start: `threshold`, and `thresholdWeight` = 1 - decay^t after t batches; float32 [1] each. */
export function thresholdBuffers(): Weights {
  return { threshold: tf.zeros([1]), thresholdWeight: tf.zeros([1]) };
}

/** The smallest positive entry of latents float32 [rows, dSae]; null where none is positive. */
export function smallestKept(latents: Tensor2D): number | null {
  const positive = tf.where(tf.greater(latents, 0), latents, tf.fill(latents.shape, Infinity));
  const smallest = tf.min(positive).dataSync()[0]!;
  return Number.isFinite(smallest) ? smallest : null;
}

/** The buffers after a batch whose kept activations are `latents` float32 [rows, dSae]; unchanged (empty) where it kept none. */
export function movedThreshold(buffers: Weights, latents: Tensor2D, decay: number): Weights {
  return thresholdAfter(buffers, smallestKept(latents), decay);
}

/** The same from the smallest kept activation itself; the buffers are float32 [1] each. */
export function thresholdAfter(buffers: Weights, smallest: number | null, decay: number): Weights {
  if (smallest === null) return {};
  const weight = tf.add(tf.mul(buffers['thresholdWeight']!, decay), 1 - decay);
  const threshold = buffers['threshold']!;
  return { threshold: tf.add(threshold, tf.mul(tf.div(1 - decay, weight), tf.sub(smallest, threshold))), thresholdWeight: weight };
}

/** f = relu(u) where u > threshold, float32 [rows, dSae]. u [rows, dSae], threshold [1] or [dSae]. Not differentiable. */
export function aboveThreshold(u: Tensor2D, threshold: Tensor): Tensor2D {
  return tf.mul(tf.relu(u), tf.cast(tf.greater(u, threshold), 'float32'));
}

/** The threshold of every latent, float32 [dSae], from the buffer [1]. */
export function thresholdOfEach(weights: Weights): Float32Array {
  return new Float32Array(weights['wEnc']!.shape[0]!).fill(weights['threshold']!.dataSync()[0]!);
}
