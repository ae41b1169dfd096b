/**
 * JumpReLU and the step that counts its active latents, with straight-through pseudo-gradients for the threshold (Rajamanoharan et al.
 * 2024, arXiv 2407.14435, eq. 11 and 12). The kernel is a rectangle: K(t) = 1 where |t| < 1/2.
 *
 * The pseudo-gradients estimate the gradient of the expected loss from the entries in a window around the threshold.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** K((u - threshold) / bandwidth) as 0 and 1, float32 [rows, dSae]. u [rows, dSae], threshold [dSae], bandwidth in the units of u. */
export function inWindow(u: Tensor2D, threshold: Tensor1D, bandwidth: number): Tensor2D {
  return tf.cast(tf.less(tf.abs(tf.sub(u, threshold)), bandwidth / 2), 'float32');
}

/**
 * f = u 1[u > threshold], float32 [rows, dSae]. df/du = 1[u > threshold]; df/dthreshold = -(threshold / bandwidth) K.
 *
 * @param u float32 [rows, dSae]
 * @param threshold float32 [dSae], not negative
 */
export function jumpRelu(u: Tensor2D, threshold: Tensor1D, bandwidth: number): Tensor2D {
  return withThresholdGradient(u, threshold, bandwidth, (active) => tf.mul(u, active), {
    u: (dy, active) => tf.mul(dy, active),
    threshold: (windowed) => tf.mul(windowed, tf.div(threshold, -bandwidth)),
  });
}

/**
 * H = 1[u > threshold], float32 [rows, dSae]. dH/du = 0; dH/dthreshold = -(1 / bandwidth) K.
 *
 * @param u float32 [rows, dSae]
 * @param threshold float32 [dSae]
 */
export function stepAbove(u: Tensor2D, threshold: Tensor1D, bandwidth: number): Tensor2D {
  return withThresholdGradient(u, threshold, bandwidth, (active) => active.clone(), {
    u: (dy) => tf.zerosLike(dy),
    threshold: (windowed) => tf.div(windowed, -bandwidth),
  });
}

interface PseudoGradients {
  /** From dy and 1[u > threshold], [rows, dSae] each. */
  readonly u: (dy: Tensor, active: Tensor) => Tensor;
  /** From sum over rows of dy K, [dSae]. */
  readonly threshold: (windowed: Tensor) => Tensor;
}

function withThresholdGradient(u: Tensor2D, threshold: Tensor1D, bandwidth: number, value: (active: Tensor2D) => Tensor, gradients: PseudoGradients): Tensor2D {
  const forward = (...inputs: unknown[]): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] } => {
    const save = inputs[2] as (tensors: Tensor[]) => void;
    const active = tf.cast(tf.greater(u, threshold), 'float32') as Tensor2D;
    save([active, inWindow(u, threshold, bandwidth)]);
    return {
      value: value(active),
      gradFunc: (dy, [isActive, near]) => [gradients.u(dy, isActive!), gradients.threshold(tf.sum(tf.mul(dy, near!), 0))],
    };
  };
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(u, threshold) as Tensor2D;
}
