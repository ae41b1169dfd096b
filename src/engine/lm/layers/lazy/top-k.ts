/** The Top-K transformer (Li et al. 2022, arXiv 2210.06313, section 4): of each token's ReLU units the K largest stay. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import { topKDense } from '../../../ops/top-k.ts';

/**
 * ReLU and the K largest of each token, in training and inference alike: exactly min(K, positive units) stay, the lower index first where they tie. The
 * gradient passes through kept entries only. With K = units it is ReLU, bit for bit.
 *
 * @param pre float32 [tokens, units]
 */
export function topKActivation(pre: Tensor2D, k: number): Tensor2D {
  const units = pre.shape[1];
  if (!Number.isInteger(k) || k < 1 || k > units) throw new LoupeError('bad-config', `k is ${k}, the layer has ${units} units: choose a whole number from 1 to ${units}`);
  return topKDense(pre, k);
}
