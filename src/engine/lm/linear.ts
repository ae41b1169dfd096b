/** Linear maps over rows. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Linear } from './definition.ts';

/** x float32 [rows, in] -> float32 [rows, out]. */
export function applyLinear(x: Tensor, { weight, layout, bias }: Linear): Tensor2D {
  const product: Tensor2D = tf.matMul(x as Tensor2D, weight, false, layout === 'out-in');
  return bias === null ? product : (tf.add(product, bias) as Tensor2D);
}

/** The columns of x float32 [rows, sum of widths], cut into parts [rows, width] each. */
export function splitColumns(x: Tensor2D, widths: readonly number[]): Tensor2D[] {
  return widths.length === 1 ? [x] : tf.split(x, [...widths], 1);
}
