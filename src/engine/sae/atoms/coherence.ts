/** How close the rows of a dictionary come to each other, by blocks of products; of any dictionary. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../../ops/scope.ts';

export interface Coherence {
  /** Largest |cos| of two different rows: over all pairs. */
  readonly max: number;
  /** Mean |cos| over all pairs. */
  readonly mean: number;
  /** |cos| of all pairs, or of every n-th where there are more than 10^7 [our choice]; ascending, float32. */
  readonly sorted: Float32Array;
}

const blockRows = 1024;
const mostPairs = 10_000_000;

/** Of rows float32 [n, d], whose norms do not matter; zero rows have cosine 0 with all. Fewer than two rows: no pairs, max and mean 0. */
export function coherenceOf(rows: Float32Array, n: number, d: number): Coherence {
  const pairs = (n * (n - 1)) / 2;
  const stride = Math.max(1, Math.ceil(pairs / mostPairs));
  const sorted = new Float32Array(Math.ceil(pairs / stride));
  let [max, sum, seen] = [0, 0, 0];
  eachPair(rows, n, d, (cosine) => {
    // rounding may bring equal rows a little above 1
    const size = Math.min(1, Math.abs(cosine));
    if (size > max) max = size;
    sum += size;
    if (seen % stride === 0) sorted[seen / stride] = size;
    seen++;
  });
  return { max, mean: pairs === 0 ? 0 : sum / pairs, sorted: sorted.sort() };
}

/** Cosines of rows i < j, blocks of rows at a time. */
function eachPair(rows: Float32Array, n: number, d: number, visit: (cosine: number) => void): void {
  for (let first = 0; first < n; first += blockRows) {
    const count = Math.min(blockRows, n - first);
    const cosines = scoped(() => {
      const block = unit(tf.tensor2d(rows.subarray(first * d, (first + count) * d), [count, d]));
      const rest = unit(tf.tensor2d(rows.subarray(first * d, n * d), [n - first, d]));
      return tf.matMul(block, rest, false, true).dataSync();
    });
    const width = n - first;
    for (let i = 0; i < count; i++) for (let j = i + 1; j < width; j++) visit(cosines[i * width + j]!);
  }
}

function unit(rows: Tensor2D): Tensor2D {
  return tf.divNoNan(rows, tf.norm(rows, 2, 1, true));
}

/** The least of ascending values that at least the share q lies at or below; the first for q 0. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length - 1e-9) - 1)]!;
}
