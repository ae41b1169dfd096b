/** How alike two dictionaries are: maxima of cosines both ways, one-to-one matching, and what random rows would give (metrics.md section 5). */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { scoped } from '../ops/scope.ts';
import { unitRows } from '../sae/parts.ts';
import { bestAssignment } from './assignment.ts';

const blockRows = 1024;

/** Decoder rows to compare, float32 [n, d]. */
export interface Rows {
  readonly values: Float32Array;
  readonly n: number;
}

export interface Maxima {
  /** The largest cosine of each row of a with a row of b, float32 [a.n]. */
  readonly best: Float32Array;
  /** Which row of b, int32 [a.n]. */
  readonly at: Int32Array;
}

function checkWidths(a: Rows, b: Rows): number {
  const [da, db] = [a.values.length / a.n, b.values.length / b.n];
  if (da === db) return da;
  throw new LoupeError('mismatch', `rows of ${da} numbers cannot be compared with rows of ${db}: these dictionaries belong to hooks of different widths`);
}

/** Cosines of rows first..first+count of unit rows a with all of b, in the sign that counts. */
function block(a: tf.Tensor2D, b: tf.Tensor2D, first: number, count: number, signed: boolean): tf.Tensor2D {
  const product = tf.matMul(tf.slice(a, [first, 0], [count, a.shape[1]]), b, false, true) as tf.Tensor2D;
  return signed ? tf.abs(product) : product;
}

function onUnit<T>(a: Rows, b: Rows, work: (a: tf.Tensor2D, b: tf.Tensor2D) => T): T {
  const d = checkWidths(a, b);
  const [ta, tb] = [a, b].map(({ values, n }) => tf.tensor2d(unitRows(values.slice(), n, d), [n, d])) as [tf.Tensor2D, tf.Tensor2D];
  try {
    return work(ta, tb);
  } finally {
    tf.dispose([ta, tb]);
  }
}

/** `signed`: latents may be negative, so that a row and its negative are the same feature, and |cos| counts. Kind mismatch for other widths. */
export function maximalCosines(a: Rows, b: Rows, signed = false): Maxima {
  const [best, at] = [new Float32Array(a.n), new Int32Array(a.n)];
  onUnit(a, b, (ta, tb) => {
    for (let first = 0; first < a.n; first += blockRows) {
      const count = Math.min(blockRows, a.n - first);
      const [values, indices] = scoped(() => {
        const cosines = block(ta, tb, first, count, signed);
        return [tf.max(cosines, 1).dataSync<'float32'>(), tf.argMax(cosines, 1).dataSync<'int32'>()] as const;
      });
      best.set(values, first);
      at.set(indices, first);
    }
  });
  return { best, at };
}

/** All |cos|, float32 [a.n, b.n]. */
function allCosines(a: Rows, b: Rows): Float32Array {
  const all = new Float32Array(a.n * b.n);
  onUnit(a, b, (ta, tb) => {
    for (let first = 0; first < a.n; first += blockRows) {
      const count = Math.min(blockRows, a.n - first);
      all.set(scoped(() => block(ta, tb, first, count, true).dataSync<'float32'>()), first * b.n);
    }
  });
  return all;
}

/** The rows whose flag is not 0. */
export function keepRows({ values, n }: Rows, flags: ArrayLike<number>): Rows {
  const kept = Array.from({ length: n }, (_, row) => row).filter((row) => flags[row] !== 0);
  const d = values.length / n;
  const out = new Float32Array(kept.length * d);
  kept.forEach((row, i) => out.set(values.subarray(row * d, (row + 1) * d), i * d));
  return { values: out, n: kept.length };
}

/** About what the largest cosine of a row with n random unit rows of R^d is: sqrt(2 ln n / d), at most 1. */
export function randomBaseline(n: number, d: number): number {
  return Math.min(1, Math.sqrt((2 * Math.log(n)) / d));
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export interface OneWay {
  /** Mean over rows of the largest cosine. */
  readonly mmcs: number;
  /** Share of rows whose largest cosine is above 0.9. */
  readonly mcsRatio: number;
  /** What rows of b at random would give for mmcs. */
  readonly random: number;
}

function oneWay(a: Rows, b: Rows, signed: boolean): OneWay {
  const { best } = maximalCosines(a, b, signed);
  return { mmcs: mean(best), mcsRatio: best.reduce((n, value) => n + Number(value > 0.9), 0) / a.n, random: randomBaseline(signed ? 2 * b.n : b.n, a.values.length / a.n) };
}

export interface Similarity {
  /** Of each row of a with the rows of b, and the other way round: not the same number. */
  readonly aToB: OneWay;
  readonly bToA: OneWay;
  /** Mean |cos| of the best one-to-one matching of the smaller dictionary into the larger; null where that was not asked for. */
  readonly mcc: number | null;
}

/** Compares two decoders. Kinds: mismatch (widths), bad-request (`matched` for dictionaries whose |cos| do not fit into 512 MiB). */
export function similarity(a: Rows, b: Rows, { signed = false, matched = true } = {}): Similarity {
  return { aToB: oneWay(a, b, signed), bToA: oneWay(b, a, signed), mcc: matched ? matchedCosine(a, b) : null };
}

/** Mean |cos| over the assignment of the smaller side that makes it largest. */
export function matchedCosine(a: Rows, b: Rows): number {
  const [few, many] = a.n <= b.n ? [a, b] : [b, a];
  const cosines = allCosines(few, many);
  const columnOf = bestAssignment(cosines, few.n, many.n);
  return columnOf.reduce((sum, column, row) => sum + cosines[row * many.n + column]!, 0) / few.n;
}
