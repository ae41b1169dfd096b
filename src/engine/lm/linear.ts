/** Linear maps over rows. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative } from '../backend/native-binding.ts';
import type { Linear } from './definition.ts';
import { canFuse } from './fused.ts';
import type { HookRun } from './hook-run.ts';

/**
 * x float32 [rows, in], weight float32 [out, in] or [in, out] -> float32 [rows, out]. tfjs has the batched product alone, which is
 * up to a tenth slower in the runtime than the plain one; where no gradient is wanted the latter is called.
 */
export function product(x: Tensor2D, weight: Tensor2D, layout: Linear['layout'], run: Pick<HookRun, 'differentiable'>): Tensor2D {
  const transposed = layout === 'out-in';
  if (!canFuse('MatMul', run)) return tf.matMul(x, weight, false, transposed);
  return executeNative('MatMul', { transpose_a: { bool: false }, transpose_b: { bool: transposed }, T: { type: 'float32' } }, [x, weight], 1)[0] as Tensor2D;
}

/** x float32 [rows, in] -> float32 [rows, out]. */
export function applyLinear(x: Tensor, { weight, layout, bias }: Linear, run: Pick<HookRun, 'differentiable'>): Tensor2D {
  const mapped = product(x as Tensor2D, weight, layout, run);
  return bias === null ? mapped : (tf.add(mapped, bias) as Tensor2D);
}

/** The columns of x float32 [rows, sum of widths], cut into parts [rows, width] each. */
export function splitColumns(x: Tensor2D, widths: readonly number[]): Tensor2D[] {
  return widths.length === 1 ? [x] : tf.split(x, [...widths], 1);
}
