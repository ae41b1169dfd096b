/**
 * As many of a row's largest activations as bring the norm of the code closest to a target: the activation function of top-AFA (Lee et al. 2025,
 * arXiv 2503.24277, section 5; as in the released code).
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { selected } from './choice.ts';

/**
 * Keeps the k* largest g_i = (a_i norm_i)^2 of each row, zero elsewhere, with k* = argmin_k |sqrt(g_(1) + ... + g_(k)) - target|, at least 1 and,
 * but for dSae 1, never all dSae: the released code excludes it. Equal distances go to the smaller k, equal g to the lower index. k* and the
 * norms are constants for the gradient, which is the identity on kept entries.
 *
 * @param a activations, not negative, float32 [rows, dSae]
 * @param norms of the decoder's rows, float32 [dSae]
 * @param targets norms that codes should have, float32 [rows]
 * @throws LoupeError `not-finite` when an activation is not a finite number
 */
export function normMatchDense(a: Tensor2D, norms: Float32Array, targets: Float32Array): Tensor2D {
  const width = norms.length;
  return selected(a, (values) => {
    const kept = new Float32Array(values.length);
    const sizes = new Float32Array(width);
    const positive = new Float32Array(width);
    for (const [row, target] of targets.entries()) {
      const at = row * width;
      let count = 0;
      for (let j = 0; j < width; j++) {
        sizes[j] = values[at + j]! * norms[j]!;
        if (sizes[j]! > 0) positive[count++] = sizes[j]!;
      }
      const ascending = positive.subarray(0, count).sort();
      const k = closestCount(ascending, Math.max(1, width - 1), target);
      if (k === 0) continue;
      const least = ascending[count - k]!;
      let ties = 0;
      while (ties < k && ascending[count - k + ties] === least) ties++;
      for (let j = 0; j < width; j++) if (sizes[j]! > least || (sizes[j] === least && ties-- > 0)) kept[at + j] = values[at + j]!;
    }
    return kept;
  });
}

/** How many of the last entries have the norm closest to `target`: at least 1 where there is one, `most` at most. */
function closestCount(ascending: Float32Array, most: number, target: number): number {
  const count = Math.min(ascending.length, most);
  let [square, best, distance] = [0, 0, Infinity];
  for (let k = 1; k <= count; k++) {
    square += ascending[ascending.length - k]! ** 2;
    const now = Math.abs(Math.sqrt(square) - target);
    // norms rise with k: once the distance does, it rises on
    if (now >= distance) break;
    [best, distance] = [k, now];
  }
  return best;
}
