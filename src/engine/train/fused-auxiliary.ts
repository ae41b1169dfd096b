/** The auxiliary loss of dead latents (Gao et al. 2024, arXiv 2406.04093, appendix A.2) on the dead latents' own small matrices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { ExtraGradient, SparseParameters } from '../ops/row-update.ts';
import { topKDense } from '../ops/top-k.ts';
import { totalVariance } from '../sae/parts.ts';

/** Entries of the dead latents' pre-activations that are computed at a time. */
const auxEntries = 8 * 1024 * 1024;

export interface Auxiliary {
  /** Before its coefficient. */
  readonly loss: number;
  /** After its coefficient. */
  readonly gradient: ExtraGradient;
}

/**
 * |e - e'|^2 / |e - mean(e)|^2 with e' from the `auxK` largest dead pre-activations, and its gradient times `coefficient`; null where
 * nothing is left over.
 *
 * @param dead indices of dead latents, at least one
 * @param error reconstruction - x, float32 [rows, dIn]
 * @param centred x - bDec, float32 [rows, dIn]
 */
export function auxiliary(
  parameters: SparseParameters, dead: Int32Array, error: Tensor2D, centred: Tensor2D, auxK: number, coefficient: number,
): Auxiliary | null {
  const variance = (totalVariance(error) as Scalar).dataSync()[0]!;
  if (!(variance > 0)) return null;
  const latents = tf.tensor1d(dead, 'int32');
  const { wEnc, wDec, bEnc } = parameters;
  const rows = [wEnc, wDec, bEnc].map((cell) => tf.tidy(() => tf.gather(cell.value.read(), latents))) as [Tensor2D, Tensor2D, Tensor1D];
  const { loss, gradients } = squaredMiss(rows, error, centred, Math.min(auxK, dead.length));
  const [gEnc, gDec, gBias] = gradients.map((gradient) => tf.mul(gradient, coefficient / variance)) as [Tensor2D, Tensor2D, Tensor1D];
  return { loss: loss / variance, gradient: { latents, wEnc: gEnc, wDec: gDec, bEnc: gBias } };
}

/**
 * Sum |e - e'|^2 and its gradient with respect to the dead latents' encoder rows, decoder rows and biases, where e = -error is what the
 * dictionary left over and e' = TopK(ReLU(u)) wDec. Rows in parts, so that memory stays bounded.
 */
function squaredMiss(
  [wEnc, wDec, bEnc]: readonly [Tensor2D, Tensor2D, Tensor1D], error: Tensor2D, centred: Tensor2D, kept: number,
): { readonly loss: number; readonly gradients: Tensor[] } {
  const [rows, dIn] = error.shape;
  const part = Math.max(1, Math.floor(auxEntries / bEnc.shape[0]));
  let total: Tensor[] | null = null;
  let loss = 0;
  for (let first = 0; first < rows; first += part) {
    const count = Math.min(part, rows - first);
    const sums: Tensor[] = tf.tidy(() => {
      const left = tf.neg(tf.slice(error, [first, 0], [count, dIn]));
      const input = tf.slice(centred, [first, 0], [count, dIn]) as Tensor2D;
      const squared = (enc: Tensor, dec: Tensor, bias: Tensor): Scalar => {
        const u = tf.add(tf.matMul(input, enc as Tensor2D, false, true), bias) as Tensor2D;
        const latents = kept < bEnc.shape[0] ? topKDense(u, kept) : tf.relu(u);
        return tf.sum(tf.squaredDifference(left, tf.matMul(latents, dec as Tensor2D)));
      };
      const { value, grads } = tf.valueAndGrads(squared as (...args: Tensor[]) => Scalar)([wEnc, wDec, bEnc]);
      loss += value.dataSync()[0]!;
      return total === null ? grads : grads.map((gradient, i) => tf.add(gradient, total![i]!));
    });
    total?.forEach((tensor) => tensor.dispose());
    total = sums;
  }
  return { loss, gradients: total ?? [] };
}
