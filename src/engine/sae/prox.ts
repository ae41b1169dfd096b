/**
 * Proximal operators of sparsity penalties, and the unrolled proximal gradient that makes encoders of them (AbsTopK, arXiv 2510.00404).
 *
 * min_z 1/2 |x - (z D + b)|^2 + lambda R(z): one step from z = 0 with step size 1 and a free encoder is an SAE, z = prox(u), and further steps
 * z <- prox(z + step (x - z D - b) D^T) go on with the decoder D. prox(u) = argmin_z 1/2 |u - z|^2 + lambda R(z).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { absTopKDense } from '../ops/abs-top-k.ts';
import { scoped } from '../ops/scope.ts';
import { topKDense } from '../ops/top-k.ts';

/**
 * `l1`: |z|_1 with z >= 0, a shifted ReLU. `l0`: |z|_0 with z >= 0, JumpReLU with the threshold sqrt(2 lambda). `topk`: at most k entries, z >= 0.
 * `abs-topk`: at most k entries, of either sign.
 */
export const penalties = ['abs-topk', 'topk', 'l0', 'l1'] as const;

export interface Penalty {
  readonly penalty: (typeof penalties)[number];
  /** Of `topk` and `abs-topk`. */
  readonly k: number;
  /** Weight of `l0` and `l1`. */
  readonly lambda: number;
}

/** Where the operator of `l0` begins to keep: sqrt(2 lambda). */
export function l0Threshold(lambda: number): number {
  return Math.sqrt(2 * lambda);
}

/** The proximal operator of step * lambda R at u float32 [rows, dSae]. The gradient is the identity on kept entries. */
export function prox(u: Tensor2D, { penalty, k, lambda }: Penalty, step = 1): Tensor2D {
  switch (penalty) {
    case 'abs-topk': return absTopKDense(u, k);
    case 'topk': return topKDense(u, k);
    // step and not greater: that one has no gradient, not even 0
    case 'l0': return tf.mul(u, tf.step(tf.sub(u, l0Threshold(step * lambda))));
    case 'l1': return tf.relu(tf.sub(u, step * lambda));
  }
}

/** lambda R(z), mean over rows, float32 []; 0 for the penalties that are constraints. Only `l1` has a gradient. z float32 [rows, dSae]. */
export function penaltyOf(z: Tensor2D, { penalty, lambda }: Penalty): Scalar {
  if (penalty !== 'l1' && penalty !== 'l0') return tf.scalar(0);
  const sizes = penalty === 'l1' ? tf.abs(z) : tf.step(tf.abs(z));
  return tf.mul(tf.mean(tf.sum(sizes, 1)), lambda) as Scalar;
}

/**
 * `steps` proximal gradient steps from z, float32 [rows, dSae]; differentiable, the step size is a constant. The objective never rises.
 *
 * @param z float32 [rows, dSae]
 * @param centred x - b, float32 [rows, dIn]
 * @param wDec float32 [dSae, dIn]
 */
export function proximalSteps(z: Tensor2D, centred: Tensor2D, wDec: Tensor2D, penalty: Penalty, steps: number): Tensor2D {
  if (steps === 0) return z;
  const step = 1 / largestEigenvalue(wDec);
  let now = z;
  for (let t = 0; t < steps; t++) {
    const residual = tf.sub(centred, tf.matMul(now, wDec)) as Tensor2D;
    now = prox(tf.add(now, tf.mul(tf.matMul(residual, wDec, false, true), step)), penalty, step);
  }
  return now;
}

/** Squarings of D^T D: its norm is bounded within a factor d^(1/64), which is 1.11 at d = 768. */
const squarings = 5;

/** An upper bound of sigma_max^2 of the decoder: |M|_2 <= |M^32|_F^(1/32) with M = D^T D. wDec float32 [dSae, dIn]. */
export function largestEigenvalue(wDec: Tensor2D): number {
  return scoped(() => {
    let power = tf.matMul(wDec, wDec, true) as Tensor2D;
    // of what was divided out, so that powers neither overflow nor vanish
    let log = 0;
    for (let round = 0; round < squarings; round++) {
      const norm = Math.max(1e-30, tf.norm(power).dataSync()[0]!);
      const unit = tf.div(power, norm) as Tensor2D;
      power = tf.matMul(unit, unit);
      log = 2 * (log + Math.log(norm));
    }
    return Math.exp((log + Math.log(Math.max(1e-30, tf.norm(power).dataSync()[0]!))) / 2 ** squarings);
  });
}
