/**
 * Causal multi-head subspace self-attention: one projection is query, key and value (CRATE, Yu et al. 2023, arXiv 2306.01129, eq. 14; causal as in its GPT).
 * A first-order step down the coding rate of tokens within K subspaces; the output map is learned instead of the bases' transposes, as in the released code.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

export interface MssaWeights {
  /** The bases U_1 .. U_K side by side: float32 [dModel, heads * p]. */
  readonly wQkv: Tensor2D;
  /** float32 [heads * p, dModel] */
  readonly wOut: Tensor2D;
  /** float32 [dModel] */
  readonly bOut: Tensor1D;
}

export interface MssaShape {
  readonly batch: number;
  readonly length: number;
  /** Subspaces. */
  readonly heads: number;
}

/** What a head sees of itself: softmax(W W^T / sqrt(p)) W with W = x U_k, causal. w float32 [batch, heads, length, p] -> the same shape. */
export function subspaceAttention(w: Tensor4D): Tensor4D {
  const [, , length, p] = w.shape;
  const scores = tf.mul(tf.matMul(w, w, false, true), 1 / Math.sqrt(p));
  return tf.matMul(tf.softmax(tf.add(scores, causalMask(length)), 3), w as Tensor) as Tensor4D;
}

/** 0 at and below the diagonal, -1e9 above, float32 [length, length]. */
function causalMask(length: number): Tensor2D {
  const values = new Float32Array(length * length);
  for (let i = 0; i < length; i++) values.fill(-1e9, i * length + i + 1, (i + 1) * length);
  return tf.tensor2d(values, [length, length]);
}

/** x float32 [batch * length, dModel], normed -> what is added to the stream, float32 [batch * length, dModel]. */
export function causalMssa(x: Tensor2D, { wQkv, wOut, bOut }: MssaWeights, { batch, length, heads }: MssaShape): Tensor2D {
  const projected = tf.reshape(tf.matMul(x, wQkv), [batch, length, heads, wQkv.shape[1] / heads]);
  const seen = subspaceAttention(tf.transpose(projected, [0, 2, 1, 3]) as Tensor4D);
  const joined = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [batch * length, wQkv.shape[1]]) as Tensor2D;
  return tf.add(tf.matMul(joined, wOut), bOut);
}
