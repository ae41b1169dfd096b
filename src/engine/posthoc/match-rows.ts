/** The nearest row of another dictionary for every row of one, both ways in one pass: exact, in blocks of products. */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { scoped } from '../ops/scope.ts';
import { unitRows } from '../sae/parts.ts';
import type { Maxima, Rows } from './similarity.ts';

/** Rows of a in a block, and of b: a product is 64 MiB of float32. */
const [rowBlock, columnBlock] = [1024, 16_384];

export interface Matches {
  /** For each row of a, the largest cosine with a row of b, and which. */
  readonly aToB: Maxima;
  readonly bToA: Maxima;
}

const widthOf = ({ values, n }: Rows): number => values.length / n;

/**
 * `signed`: a row and its negative are the same feature, and |cos| counts. `onBlock` is told how many rows of a are done and may throw
 * to end it. Rows of zeros match nothing better than 0. Ties: the lower index. Kind mismatch for rows of other widths.
 */
export async function matchRows(a: Rows, b: Rows, signed: boolean, onBlock: (done: number) => Promise<void>): Promise<Matches> {
  const d = widthOf(a);
  if (d !== widthOf(b)) throw new LoupeError('mismatch', `directions of ${d} numbers cannot be compared with directions of ${widthOf(b)}: these dictionaries belong to hooks of different widths. Compare by examples.`);
  const none = (n: number): Maxima => ({ best: new Float32Array(n).fill(-Infinity), at: new Int32Array(n) });
  const [aToB, bToA] = [none(a.n), none(b.n)];
  const [ta, tb] = [a, b].map(({ values, n }) => tf.tensor2d(unitRows(values.slice(), n, d), [n, d])) as [tf.Tensor2D, tf.Tensor2D];
  try {
    for (let first = 0; first < a.n; first += rowBlock) {
      const count = Math.min(rowBlock, a.n - first);
      for (let column = 0; column < b.n; column += columnBlock) block(ta, tb, { first, count, column, columns: Math.min(columnBlock, b.n - column), signed }, aToB, bToA);
      await onBlock(first + count);
    }
  } finally {
    tf.dispose([ta, tb]);
  }
  return { aToB, bToA };
}

interface Block {
  readonly first: number;
  readonly count: number;
  readonly column: number;
  readonly columns: number;
  readonly signed: boolean;
}

function block(ta: tf.Tensor2D, tb: tf.Tensor2D, { first, count, column, columns, signed }: Block, aToB: Maxima, bToA: Maxima): void {
  const d = ta.shape[1];
  const [rowBest, rowAt, columnBest, columnAt] = scoped(() => {
    const product = tf.matMul(tf.slice(ta, [first, 0], [count, d]), tf.slice(tb, [column, 0], [columns, d]), false, true);
    const cosines = signed ? tf.abs(product) : product;
    return [tf.max(cosines, 1).dataSync<'float32'>(), tf.argMax(cosines, 1).dataSync<'int32'>(), tf.max(cosines, 0).dataSync<'float32'>(), tf.argMax(cosines, 0).dataSync<'int32'>()] as const;
  });
  take(aToB, first, rowBest, rowAt, column);
  take(bToA, column, columnBest, columnAt, first);
}

/** Keeps what is better; an equal one that comes later is a higher index. */
function take(into: Maxima, from: number, best: Float32Array, at: Int32Array, offset: number): void {
  for (let i = 0; i < best.length; i++) {
    if (!(best[i]! > into.best[from + i]!)) continue;
    into.best[from + i] = best[i]!;
    into.at[from + i] = at[i]! + offset;
  }
}

/** Cosines of one direction, float32 [d], with rows; the `k` largest, falling: plain JavaScript, one row is little work. */
export function nearestTo(direction: Float32Array, { values, n }: Rows, k: number, signed: boolean): { index: number; cosine: number }[] {
  const d = direction.length;
  const length = Math.hypot(...direction);
  const found: { index: number; cosine: number }[] = [];
  for (let row = 0; row < n; row++) {
    let [dot, square] = [0, 0];
    for (let i = 0, at = row * d; i < d; i++, at++) {
      dot += direction[i]! * values[at]!;
      square += values[at]! ** 2;
    }
    const cosine = square > 0 && length > 0 ? dot / (Math.sqrt(square) * length) : 0;
    const size = signed ? Math.abs(cosine) : cosine;
    if (found.length === k && size <= Math.abs(found[k - 1]!.cosine) && (signed || cosine <= found[k - 1]!.cosine)) continue;
    found.push({ index: row, cosine });
    found.sort((x, y) => (signed ? Math.abs(y.cosine) - Math.abs(x.cosine) : y.cosine - x.cosine) || x.index - y.index);
    if (found.length > k) found.pop();
  }
  return found;
}
