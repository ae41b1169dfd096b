/** The k entries of largest magnitude of each row, with their signs (AbsTopK, arXiv 2510.00404). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { topKDense } from './top-k.ts';

/** u float32 [rows, dSae] -> the same with all but k entries a row zero; ties go to the lower index. The gradient is the identity on kept entries. */
export function absTopKDense(u: Tensor2D, k: number): Tensor2D {
  const forward = (input: Tensor, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    const mask = tf.cast(tf.greater(topKDense(tf.abs(input) as Tensor2D, k), 0), 'float32');
    save([mask]);
    return { value: tf.mul(input, mask), gradFunc: (dy, saved) => tf.mul(dy, saved[0]!) };
  };
  return tf.customGrad(forward as Parameters<typeof tf.customGrad>[0])(u) as Tensor2D;
}
