/** Training with a low-precision encoder product: how many of the latents that float32 would choose it finds. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { recallOf } from '../ops/low-precision.ts';
import type { Precision } from '../ops/low-precision.ts';
import { scoped } from '../ops/scope.ts';
import { encodeTopK } from '../ops/top-k.ts';
import type { FusedForm, Weights } from '../sae/definition.ts';

/** Steps between two measurements. */
export const recallEvery = 100;
/** Rows of the batch that are encoded both ways. */
const recallRows = 256;

/**
 * The form whose encoder product is made at `precision`. Below float32 it measures `encoderRecall` every 100 steps, on the batch just
 * trained on, and reports the last measurement.
 *
 * @throws LoupeError `bad-config` where the variant's latents are not chosen by a product that has lower precisions
 */
export function atPrecision(form: FusedForm | null, precision: Precision, centresInput: boolean): FusedForm | null {
  if (precision === 'f32') return form;
  if (form?.kind !== 'topk') throw new LoupeError('bad-config', `precision is "${precision}": only the fused step of variants that keep k latents a token has it; choose f32`);
  let recall: number | null = null;
  return {
    ...form, precision,
    diagnose: (weights, result) => ({ ...form.diagnose?.(weights, result), ...(recall === null ? {} : { encoderRecall: recall }) }),
    afterStep: (weights, x, result, context) => {
      const changed = form.afterStep?.(weights, x, result, context) ?? {};
      if (context.step % recallEvery === 0) recall = encoderRecall({ ...weights, ...changed }, x, form.k, precision, centresInput);
      return changed;
    },
  };
}

/** Recall on the first rows of x float32 [rows, dIn]. */
export function encoderRecall(weights: Weights, x: Tensor2D, k: number, precision: Precision, centresInput: boolean): number {
  return scoped(() => {
    const some = tf.slice(x, [0, 0], [Math.min(recallRows, x.shape[0]), x.shape[1]]);
    const centred = (centresInput ? tf.sub(some, weights['bDec']!) : some) as Tensor2D;
    const encode = (at: Precision): ReturnType<typeof encodeTopK> => encodeTopK(centred, weights['wEnc'] as Tensor2D, weights['bEnc'] as Tensor1D, k, at);
    return recallOf(encode(precision), encode('f32'));
  });
}
