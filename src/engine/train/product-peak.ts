/** How fast this machine multiplies float32 matrices: what an encoder's product is held against. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { latentBlock } from '../ops/top-k.ts';
import { scoped } from '../ops/scope.ts';

const repeats = 8;

/** The best of several products x w^T of float32 [rows, dIn] and [block, dIn], the block that an encoder multiplies at a time, in GFLOP/s. */
export function productPeak(rows: number, dIn: number, dSae: number): number {
  return scoped(() => {
    const block = latentBlock(rows, dSae);
    const [x, w] = [tf.randomNormal([rows, dIn]) as Tensor2D, tf.randomNormal([block, dIn]) as Tensor2D];
    let least = Infinity;
    for (let i = 0; i < repeats; i++) {
      const begin = performance.now();
      const product = tf.matMul(x, w, false, true);
      // other backends compute when the values are asked for
      if (tf.getBackend() !== 'tensorflow') product.dataSync();
      least = Math.min(least, performance.now() - begin);
      product.dispose();
    }
    return (2 * rows * dIn * block) / least / 1e6;
  });
}
