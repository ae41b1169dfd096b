/** How close the rows of a dictionary lie to one another: off-diagonal entries of the Gram matrix of unit rows, in blocks (metrics.md section 5). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../ops/scope.ts';
import { unitRows } from '../sae/parts.ts';

/** Rows in a block: bounds what is held at a time to [blockRows, n]. */
export const blockRows = 1024;

export interface Coherence {
  /** Largest |cos| of two rows; 0 where there is one row. */
  readonly max: number;
  /** Mean |cos| over ordered pairs of rows. */
  readonly mean: number;
  /** The largest |cos| of each row with another, float32 [n]. */
  readonly nearest: Float32Array;
}

/** |cos| of rows first..first+count with all rows, float32 [count, n], the diagonal 0. unit float32 [n, d]. */
function blockOf(unit: Tensor2D, first: number, count: number): Tensor2D {
  const [n, d] = unit.shape;
  return tf.tidy(() => {
    const gram = tf.abs(tf.matMul(tf.slice(unit, [first, 0], [count, d]), unit, false, true));
    const columns = tf.reshape(tf.range(0, n, 1, 'int32'), [1, n]);
    const own = tf.equal(columns, tf.reshape(tf.range(first, first + count, 1, 'int32'), [count, 1]));
    return tf.where(own, tf.zerosLike(gram), gram) as Tensor2D;
  });
}

/** Coherence of rows float32 [n, d]; rows of norm 0 are at right angles to all others. */
export function coherence(rows: Float32Array, n: number): Coherence {
  const d = rows.length / n;
  const unit = tf.tensor2d(unitRows(rows.slice(), n, d), [n, d]);
  const nearest = new Float32Array(n);
  let sum = 0;
  try {
    for (let first = 0; first < n; first += blockRows) {
      const count = Math.min(blockRows, n - first);
      const [best, total] = scoped(() => {
        const block = blockOf(unit, first, count);
        return [tf.max(block, 1).dataSync<'float32'>(), tf.sum(block, 1).dataSync<'float32'>()] as const;
      });
      nearest.set(best, first);
      for (const value of total) sum += value;
    }
  } finally {
    unit.dispose();
  }
  return { max: nearest.reduce((a, b) => Math.max(a, b), 0), mean: n > 1 ? sum / (n * (n - 1)) : 0, nearest };
}
