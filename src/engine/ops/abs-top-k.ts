/** The k entries of largest magnitude of each row, with their signs (AbsTopK, arXiv 2510.00404). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { topKDense } from './top-k.ts';

/** u float32 [rows, dSae] -> the same with all but k entries a row zero; ties go to the lower index. The gradient is the identity on kept entries. */
export function absTopKDense(u: Tensor2D, k: number): Tensor2D {
  return tf.tidy(() => tf.mul(u, tf.cast(tf.greater(topKDense(tf.abs(u), k), 0), 'float32')) as Tensor2D);
}
