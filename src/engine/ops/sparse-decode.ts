/** Decoding of sparse codes by gathering decoder rows, with the gradient of the values; no dense code is made. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import { rowsOf } from './sparse-codes.ts';
import type { SparseCodes } from './sparse-codes.ts';

/**
 * Groups of latents whose prefixes reconstruct on their own (Matryoshka; one group otherwise). With e_g = bDec + sum over latents below
 * ends[g] - x, the loss is proportional to sum_g weights[g] |e_g|^2.
 */
export interface LatentGroups {
  /** Ascending to dSae. */
  readonly ends: readonly number[];
  readonly weights: readonly number[];
}

export interface DecodeOptions {
  readonly groups: LatentGroups;
  /** Factor of the value gradients: d loss / d |error|^2, times 2. */
  readonly scale: number;
  /** Gradients of entries of value 0 too. */
  readonly all: boolean;
}

export interface SparseDecoded {
  /**
   * What latents of group h receive, sum_{g >= h} weights[g] e_g; with one group of weight 1 reconstruction - x.
   * float32 [groups, rows, dIn]
   */
  readonly error: Tensor3D;
  /** scale * error[group] . wDec[index] where the value is positive or `all` is set, else 0; float32 [entries] */
  readonly valueGradients: Tensor1D;
  /** |e_g|^2, float32 [groups, rows] */
  readonly rowErrors: Tensor2D;
}

/** All latents in one group. */
export function oneGroup(dSae: number): LatentGroups {
  return { ends: [dSae], weights: [1] };
}

/**
 * Reconstruction errors, and the gradient of scale/2 * sum_g weights[g] |e_g|^2 with respect to each value.
 *
 * @param codes with several groups, ascending by index within a row
 * @param wDec float32 [dSae, dIn]
 * @param bDec float32 [dIn]
 * @param x float32 [rows, dIn]
 */
export function sparseDecode(codes: SparseCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, options: DecodeOptions): SparseDecoded {
  return hasNative('LoupeSparseDecode') ? nativeDecode(codes, wDec, bDec, x, options) : stockSparseDecode(codes, wDec, bDec, x, options);
}

function nativeDecode(codes: SparseCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, { groups, scale, all }: DecodeOptions): SparseDecoded {
  const own = [tf.tensor1d([...groups.ends], 'int32'), tf.tensor1d([...groups.weights]), tf.scalar(scale)];
  const inputs = [codes.values, codes.indices, codes.offsets, wDec, bDec, x, ...own];
  const outputs = executeNative('LoupeSparseDecode', { all: { bool: all } }, inputs, 3);
  tf.dispose(own);
  return { error: outputs[0] as Tensor3D, valueGradients: outputs[1] as Tensor1D, rowErrors: outputs[2] as Tensor2D };
}

/** The same in stock ops; shapes as `sparseDecode`: x float32 [rows, dIn]. */
export function stockSparseDecode(codes: SparseCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, { groups, scale, all }: DecodeOptions): SparseDecoded {
  return tf.tidy(() => {
    const rowOf = tf.tensor1d(rowsOf(codes.offsets), 'int32');
    const gathered = tf.mul(tf.gather(wDec, codes.indices), tf.expandDims(codes.values, 1));
    const errors = groups.ends.map((end) => {
      const inPrefix = tf.expandDims(tf.cast(tf.less(codes.indices, end), 'float32'), 1);
      const sum = tf.scatterND(tf.expandDims(rowOf, 1), tf.mul(gathered, inPrefix), x.shape);
      return tf.sub(tf.add(sum, bDec), x);
    });
    let received = tf.zerosLike(x);
    const suffixes = errors.toReversed().map((error, i) => (received = tf.add(received, tf.mul(error, groups.weights.at(-1 - i)!)) as Tensor2D));
    const error = tf.stack(suffixes.toReversed()) as Tensor3D;
    const groupOf = groups.ends.slice(0, -1).map((end) => tf.cast(tf.greaterEqual(codes.indices, end), 'int32'));
    const place = tf.stack([groupOf.length === 0 ? tf.zerosLike(rowOf) : tf.addN(groupOf), rowOf], 1);
    const dots = tf.sum(tf.mul(tf.gatherND(error, place), tf.gather(wDec, codes.indices)), 1);
    const kept = all ? tf.onesLike(codes.values) : tf.cast(tf.greater(codes.values, 0), 'float32');
    return {
      error,
      valueGradients: tf.mul(tf.mul(dots, kept), scale) as Tensor1D,
      rowErrors: tf.stack(errors.map((e) => tf.sum(tf.square(e), 1))) as Tensor2D,
    };
  });
}
