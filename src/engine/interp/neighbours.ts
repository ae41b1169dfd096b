/** The nearest features by the cosine of their decoder directions: exact, in blocks of products. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hasNative } from '../backend/native-binding.ts';
import { encodeTopK } from '../ops/top-k.ts';
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

/** Nearest features of more than this many are looked for by the scan. */
const selectedMost = 256;

/**
 * The same by the op that selects the largest products of a row, which never writes them down: the k + 1 largest, the feature itself left
 * out. It knows products above 0 alone: where fewer than k others are, the row is scanned.
 */
function selectNearest(units: Tensor2D, first: number, n: number, { ids, cosines }: Nearest): void {
  const [dSae, d] = units.shape;
  const k = ids.length / n;
  const none = tf.zeros([dSae]) as Tensor1D;
  const codes = tf.tidy(() => encodeTopK(tf.slice(units, [first, 0], [n, d]), units, none, k + 1));
  const [values, indices] = [codes.values.dataSync() as Float32Array, codes.indices.dataSync() as Int32Array];
  tf.dispose([none, codes.values, codes.indices]);
  for (let i = 0; i < n; i++) {
    const best = new Strongest(k);
    for (let at = i * (k + 1); at < (i + 1) * (k + 1); at++) if (values[at]! > 0 && indices[at] !== first + i) best.offer(indices[at]!, values[at]!);
    const row = { ids: ids.subarray(i * k, (i + 1) * k), cosines: cosines.subarray(i * k, (i + 1) * k) };
    if (best.size < k) scanNearest(units, first + i, 1, row);
    else {
      row.ids.set(best.ids);
      row.cosines.set(best.values);
    }
  }
}

/** The `k` features nearest to each of features [first, first + n) among all rows of `units`, float32 [dSae, d] (from `unitRows`). Ties: the lower index. */
export function nearestRows(units: Tensor2D, first: number, n: number, k: number): Nearest {
  const wanted = Math.min(k, units.shape[0] - 1);
  const nearest = { ids: new Int32Array(n * wanted), cosines: new Float32Array(n * wanted) };
  if (wanted > 0 && n > 0) (hasNative('LoupeEncodeTopK') && wanted <= selectedMost ? selectNearest : scanNearest)(units, first, n, nearest);
  return nearest;
}

/** The readable twin: all products, and each looked at. */
function scanNearest(units: Tensor2D, first: number, n: number, { ids, cosines }: Nearest): void {
  const [dSae, d] = units.shape;
  const wanted = ids.length / n;
  for (let row = 0; row < n; row += rowBlock) {
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
}
