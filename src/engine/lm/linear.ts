/** Linear maps over rows. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
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

/** Rows that a pass needs before packing the weights pays. */
const fewestRows = 64;

/** Whether `fusedLinear` can be called. */
export function canFuseLinear(): boolean {
  return hasNative('LoupeLinear') && hasNative('LoupeLinearGrad');
}

/** x float32 [rows, in], weight float32 [out, in] or [in, out], bias float32 [out] -> float32 [rows, out] with the gradients of all three, by one kernel there and one back. */
export function fusedLinear(x: Tensor2D, { weight, layout, bias }: Linear): Tensor2D {
  const attrs = { across: { bool: layout === 'out-in' } };
  const forward = (input: Tensor, matrix: Tensor, ...rest: unknown[]): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] } => {
    const save = rest.pop() as (tensors: Tensor[]) => void;
    const offset = rest[0] as Tensor | undefined;
    save([input, matrix]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const gradients = executeNative('LoupeLinearGrad', attrs, [...saved, dy], 3);
      if (offset === undefined) gradients.pop()!.dispose();
      return gradients;
    };
    return { value: executeNative('LoupeLinear', attrs, [input, matrix, offset ?? tf.zeros([0])], 1)[0]!, gradFunc };
  };
  return tf.customGrad(forward as unknown as Parameters<typeof tf.customGrad>[0])(x, weight, ...(bias === null ? [] : [bias])) as Tensor2D;
}

/** x float32 [rows, in] -> float32 [rows, out]. */
export function applyLinear(x: Tensor, { weight, layout, bias }: Linear, run: Pick<HookRun, 'differentiable'> & Partial<Pick<HookRun, 'training'>>): Tensor2D {
  if (run.training === true && x.shape[0]! >= fewestRows && canFuseLinear()) return fusedLinear(x as Tensor2D, { weight, layout, bias });
  const mapped = product(x as Tensor2D, weight, layout, run);
  return bias === null ? mapped : (tf.add(mapped, bias) as Tensor2D);
}

/** The columns of x float32 [rows, sum of widths], cut into parts [rows, width] each. */
export function splitColumns(x: Tensor2D, widths: readonly number[]): Tensor2D[] {
  return widths.length === 1 ? [x] : tf.split(x, [...widths], 1);
}
