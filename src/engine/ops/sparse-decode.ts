/** Decoding of sparse codes by gathering decoder rows, with the gradient of the kept values; no dense code is made. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { TopKCodes } from './top-k.ts';

export interface SparseDecoded {
  /** reconstruction - x, float32 [rows, dIn] */
  readonly error: Tensor2D;
  /** scale * error . wDec[index] where the value is positive, else 0; float32 [rows, k] */
  readonly valueGradients: Tensor2D;
  /** Squared norm of each row of `error`, float32 [rows] */
  readonly rowErrors: Tensor1D;
}

/**
 * error = bDec + sum_s values[s] wDec[indices[s]] - x, and the gradient of scale/2 * |error|^2 with respect to each kept value.
 *
 * @param codes values float32 and indices int32, [rows, k]
 * @param wDec float32 [dSae, dIn]
 * @param bDec float32 [dIn]
 * @param x float32 [rows, dIn]
 * @param scale factor of the value gradients: d loss / d |error|^2, times 2
 */
export function sparseDecode(codes: TopKCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, scale: number): SparseDecoded {
  return hasNative('LoupeSparseDecode') ? nativeDecode(codes, wDec, bDec, x, scale) : stockSparseDecode(codes, wDec, bDec, x, scale);
}

function nativeDecode(codes: TopKCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, scale: number): SparseDecoded {
  const factor = tf.scalar(scale);
  const outputs = executeNative('LoupeSparseDecode', {}, [codes.values, codes.indices, wDec, bDec, x, factor], 3);
  factor.dispose();
  return { error: outputs[0] as Tensor2D, valueGradients: outputs[1] as Tensor2D, rowErrors: outputs[2] as Tensor1D };
}

/** The same in stock ops; shapes as `sparseDecode`: x float32 [rows, dIn]. */
export function stockSparseDecode(codes: TopKCodes, wDec: Tensor2D, bDec: Tensor1D, x: Tensor2D, scale: number): SparseDecoded {
  return tf.tidy(() => {
    const [rows, k] = codes.values.shape;
    const gathered = tf.reshape(tf.gather(wDec, tf.reshape(codes.indices, [-1])), [rows, k, wDec.shape[1]]);
    const sum = tf.sum(tf.mul(gathered, tf.expandDims(codes.values, 2)), 1);
    const error = tf.sub(tf.add(sum, bDec), x) as Tensor2D;
    const dots = tf.sum(tf.mul(gathered, tf.expandDims(error, 1)), 2);
    const kept = tf.cast(tf.greater(codes.values, 0), 'float32');
    return {
      error,
      valueGradients: tf.mul(tf.mul(dots, kept), scale) as Tensor2D,
      rowErrors: tf.sum(tf.square(error), 1) as Tensor1D,
    };
  });
}
