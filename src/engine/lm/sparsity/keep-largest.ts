/** A layer cut to the k largest of its units (Li et al. 2022, arXiv 2210.06313, section 4), in models of any kind. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { absTopKDense } from '../../ops/abs-top-k.ts';

/**
 * The k entries of largest magnitude of each token, 0 elsewhere, ties to the lower index, so that k at most stay: behind a ReLU those are the largest. With
 * k = units it is `units` itself, bit for bit; with k = 0 all are 0.
 *
 * @param units float32 [tokens, units]
 */
export function keepLargest(units: Tensor2D, k: number): Tensor2D {
  if (k >= units.shape[1]) return units;
  return k === 0 ? tf.zerosLike(units) : absTopKDense(units, k);
}
