/** Rows of a matrix taken out, or put among others, differentiably on every backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { linearMap } from './linear-map.ts';

/** x float32 [rows, d] spread over zeros, float32 [all, d]: row i is added to row at[i] of int32 [rows], in order, so that every run gives the same sums. */
function scatterRows(x: Tensor, at: Int32Array, all: number): Tensor {
  return tf.scatterND(tf.tensor2d(at, [at.length, 1], 'int32'), x, [all, x.shape[1]!]);
}

function gatherRows(x: Tensor, at: Int32Array): Tensor {
  return tf.gather(x, tf.tensor1d(at, 'int32'));
}

/** Rows `at` int32 [rows] of x float32 [all, d] -> float32 [rows, d]. A row may be named often, as a token's in a text is: its gradients are added up. */
export function takeRows(x: Tensor2D, at: Int32Array): Tensor2D {
  const all = x.shape[0];
  return linearMap(x, (rows) => gatherRows(rows, at), (dy) => scatterRows(dy, at, all)) as Tensor2D;
}

/** `base` float32 [all, d], a constant whose rows `at` are zero, with x float32 [rows, d] in them -> float32 [all, d]; `at` int32 [rows] names each once. */
export function putRows(base: Tensor2D, x: Tensor2D, at: Int32Array): Tensor2D {
  return linearMap(x, (rows) => tf.add(base, scatterRows(rows, at, base.shape[0])), (dy) => gatherRows(dy, at)) as Tensor2D;
}
