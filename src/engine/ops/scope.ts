/** Memory scopes whose result is plain data. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `work` in a scope that frees every tensor made in it, and gives its result, which holds no tensor. (`tf.tidy` itself
 * would search the result for tensors, entry by entry: slow for the arrays that `dataSync` gives.)
 */
export function scoped<T>(work: () => T): T {
  let result: { readonly value: T } | undefined;
  tf.tidy(() => {
    result = { value: work() };
  });
  return result!.value;
}
