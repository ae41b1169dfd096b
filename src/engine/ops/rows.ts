/** Rows of a matrix taken out, or put among others, differentiably. tfjs' own gradient of gather adds row by row in JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

type Gradient = Parameters<typeof tf.customGrad>[0];

/** x float32 [rows, d] spread over zeros, float32 [all, d]: row i goes to row at[i]; `at` int32 [rows] names each once. */
function scatterRows(x: Tensor, at: Int32Array, all: number): Tensor {
  return tf.scatterND(tf.tensor2d(at, [at.length, 1], 'int32'), x, [all, x.shape[1]!]);
}

function gatherRows(x: Tensor, at: Int32Array): Tensor {
  return tf.gather(x, tf.tensor1d(at, 'int32'));
}

/** Rows `at` int32 [rows], each named once, of x float32 [all, d] -> float32 [rows, d]. */
export function takeRows(x: Tensor2D, at: Int32Array): Tensor2D {
  const forward = (input: Tensor): { value: Tensor; gradFunc: (dy: Tensor) => Tensor } => ({
    value: gatherRows(input, at),
    gradFunc: (dy) => scatterRows(dy, at, input.shape[0]!),
  });
  return tf.customGrad(forward as Gradient)(x) as Tensor2D;
}

/** `base` float32 [all, d], a constant whose rows `at` are zero, with x float32 [rows, d] in them -> float32 [all, d]. */
export function putRows(base: Tensor2D, x: Tensor2D, at: Int32Array): Tensor2D {
  const forward = (input: Tensor): { value: Tensor; gradFunc: (dy: Tensor) => Tensor } => ({
    value: tf.add(base, scatterRows(input, at, base.shape[0])),
    gradFunc: (dy) => gatherRows(dy, at),
  });
  return tf.customGrad(forward as Gradient)(x) as Tensor2D;
}
