/** A value that the backward pass takes as a constant. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

const stop = tf.customGrad((x) => ({
  value: tf.clone(x as Tensor),
  gradFunc: (dy: Tensor) => tf.zerosLike(dy),
}));

/** x float32 [...] -> the same values, with no gradient. */
export function constant<T extends Tensor>(x: T): T {
  return stop(x) as T;
}
