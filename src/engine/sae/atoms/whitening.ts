/**
 * The atomic inner product <u, v>_S = u^T S v with S = (E[x x^T])^-1, and its equivalent: whiten by S^(1/2), then use Euclid's (Atoms theory, arXiv
 * 2509.20784, section 3 [2nd]). Activations are identified up to a linear map only, and this product does not change under one.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { scoped } from '../../ops/scope.ts';
import { symmetricEigen } from './eigen.ts';

export interface WhiteningOptions {
  /** Added to every eigenvalue, as a share of their mean [our choice: 1e-4]. */
  readonly ridge: number;
  /** Directions of least variance are left out so that at least this share is kept; they would be inflated noise [our choice: 0.999]. */
  readonly varianceKept: number;
}

export const defaultWhitening: WhiteningOptions = { ridge: 1e-4, varianceKept: 0.999 };

export interface Whitening {
  /** S^(1/2), symmetric, float64 [d, d] */
  readonly whiten: Float64Array;
  /** Its inverse on the kept directions, symmetric, float64 [d, d] */
  readonly unwhiten: Float64Array;
  /** Directions that are kept. */
  readonly rank: number;
}

/** Rows that are multiplied in float32 before they are added up in float64. */
const blockRows = 1024;

/**
 * The uncentred second moment E[x x^T], float64 [d, d], of float32 or float64 [rows, d]. float32 rows go through the runtime's product in
 * blocks, summed in float64; float64 rows stay float64.
 *
 * @throws LoupeError `not-finite`
 */
export function secondMoment(x: Float32Array | Float64Array, d: number): Float64Array {
  const rows = x.length / d;
  const sum = x instanceof Float32Array ? blockMoments(x, rows, d) : exactMoment(x, rows, d);
  if (!Number.isFinite(sum[0]! * 0 + sum.reduce((total, value) => total + value, 0))) {
    throw new LoupeError('not-finite', 'the activations to be whitened hold a value that is not a finite number. Harvest again.');
  }
  return sum.map((value) => value / rows);
}

function blockMoments(x: Float32Array, rows: number, d: number): Float64Array {
  const sum = new Float64Array(d * d);
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    const block = scoped(() => {
      const part = tf.tensor2d(x.subarray(first * d, (first + count) * d), [count, d]);
      return tf.matMul(part, part, true, false).dataSync();
    });
    for (let i = 0; i < sum.length; i++) sum[i]! += block[i]!;
  }
  return sum;
}

function exactMoment(x: Float64Array, rows: number, d: number): Float64Array {
  const sum = new Float64Array(d * d);
  for (let row = 0; row < rows * d; row += d) {
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) sum[i * d + j]! += x[row + i]! * x[row + j]!;
  }
  return sum;
}

/**
 * The square root of S and its inverse from the second moment, float64 [d, d].
 *
 * @throws LoupeError `bad-file` where the activations are all zero; kinds of symmetricEigen
 */
export function whitening(moment: Float64Array, d: number, { ridge, varianceKept }: WhiteningOptions = defaultWhitening): Whitening {
  const { values, vectors } = symmetricEigen(moment, d);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  if (!(total > 0)) throw new LoupeError('bad-file', 'the activations to be whitened are all zero. Check the hook and the store.');
  const added = (ridge * total) / d;
  let first = 0;
  for (let left = total * (1 - varianceKept); first < d && Math.max(0, values[first]!) <= left; first++) left -= Math.max(0, values[first]!);
  // directions without any variance have no inverse, ridge or not
  while (first < d - 1 && !(values[first]! + added > 0)) first++;
  const scaled = (power: number): Float64Array => {
    const out = new Float64Array(d * d);
    for (let k = first; k < d; k++) addOuter(out, vectors.subarray(k * d, (k + 1) * d), (values[k]! + added) ** power);
    return out;
  };
  return { whiten: scaled(-0.5), unwhiten: scaled(0.5), rank: d - first };
}

function addOuter(out: Float64Array, v: Float64Array, factor: number): void {
  const d = v.length;
  for (let i = 0; i < d; i++) {
    const vi = factor * v[i]!;
    for (let j = 0; j < d; j++) out[i * d + j]! += vi * v[j]!;
  }
}

/** Rows float32 [n, d] in whitened coordinates, where Euclid's inner product is the atomic one; the caller disposes the tensor. */
export function whitenRows(rows: Tensor2D, { whiten }: Whitening): Tensor2D {
  return tf.tidy(() => tf.matMul(rows, matrixTensor(whiten, rows.shape[1])) as Tensor2D);
}

/** A float64 [d, d] matrix as a float32 tensor. */
export function matrixTensor(matrix: Float64Array, d: number): Tensor2D {
  return tf.tensor2d(Float32Array.from(matrix), [d, d]);
}
