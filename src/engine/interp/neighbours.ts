/** The nearest features by the cosine of their decoder directions: exact, in blocks of products. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Strongest } from './strongest.ts';

const rowBlock = 256;
const columnBlock = 8192;

/** Rows of `directions`, float32 [n, d], at length 1; rows of zeros stay zeros. The caller disposes. */
export function unitRows(directions: Float32Array, d: number): Tensor2D {
  return tf.tidy(() => {
    const rows = tf.tensor2d(directions, [directions.length / d, d]);
    return tf.divNoNan(rows, tf.norm(rows, 2, 1, true)) as Tensor2D;
  });
}

export interface Nearest {
  /** int32 [n, k] */
  readonly ids: Int32Array;
  /** float32 [n, k], falling */
  readonly cosines: Float32Array;
}

function scan(cosines: Float32Array, rows: number, columns: number, firstRow: number, firstColumn: number, best: readonly Strongest[]): void {
  for (let i = 0; i < rows; i++) {
    const strongest = best[i]!;
    for (let j = 0; j < columns; j++) {
      const cosine = cosines[i * columns + j]!;
      if (cosine > strongest.bound && firstColumn + j !== firstRow + i) strongest.offer(firstColumn + j, cosine);
    }
  }
}

/** The `k` features nearest to each of features [first, first + n) among all rows of `units`, float32 [dSae, d] (from `unitRows`). Ties: the lower index. */
export function nearestRows(units: Tensor2D, first: number, n: number, k: number): Nearest {
  const [dSae, d] = units.shape;
  const wanted = Math.min(k, dSae - 1);
  const ids = new Int32Array(n * wanted);
  const cosines = new Float32Array(n * wanted);
  for (let row = 0; row < n && wanted > 0; row += rowBlock) {
    const rows = Math.min(rowBlock, n - row);
    const best = Array.from({ length: rows }, () => new Strongest(wanted));
    for (let column = 0; column < dSae; column += columnBlock) {
      const columns = Math.min(columnBlock, dSae - column);
      const products = tf.tidy(() => tf.matMul(tf.slice(units, [first + row, 0], [rows, d]), tf.slice(units, [column, 0], [columns, d]), false, true));
      scan(products.dataSync() as Float32Array, rows, columns, first + row, column, best);
      products.dispose();
    }
    best.forEach((strongest, i) => {
      ids.set(strongest.ids, (row + i) * wanted);
      cosines.set(strongest.values, (row + i) * wanted);
    });
  }
  return { ids, cosines };
}
