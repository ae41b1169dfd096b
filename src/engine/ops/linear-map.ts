/** A linear map whose gradient is written by hand. tfjs differentiates a stock gather by adding row by row, in JavaScript or not at all (wasm). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** there(x), float32 [as `there` gives]; its gradient is `back`, the adjoint: <there(x), dy> = <x, back(dy)> for all float32 dy of that shape. */
export function linearMap(x: Tensor, there: (x: Tensor) => Tensor, back: (dy: Tensor) => Tensor): Tensor {
  const forward = (input: Tensor): { value: Tensor; gradFunc: (dy: Tensor) => Tensor } => ({ value: tf.tidy(() => there(input)), gradFunc: (dy) => tf.tidy(() => back(dy)) });
  return tf.customGrad(forward as Parameters<typeof tf.customGrad>[0])(x);
}
