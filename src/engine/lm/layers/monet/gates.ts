/**
 * Monet's gates: a softmax over the sub-experts whose normalised logit is above a threshold that lets `active` of them through on average, without a sort
 * (Monet, Park et al. 2024, arXiv 2412.04139, section 3, after its released code).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import { constant } from '../../constant.ts';
import { inverseNormal } from './inverse-normal.ts';

/** Of a head's logits over tokens and sub-experts, float32 [heads] each. */
export interface LogitStatistics {
  readonly mean: Tensor1D;
  /** Of the population. */
  readonly variance: Tensor1D;
}

/** Added to the variance, as batch norms do. */
const epsilon = 1e-5;
/** A logit that the softmax turns into exactly 0. */
const out = -1e10;

/** Phi^-1(1 - active / s): what share active / s of normal logits lies above. Kind bad-config where `active` is not in (0, s]. */
export function gateThreshold(active: number, s: number): number {
  if (!(active > 0 && active <= s)) throw new LoupeError('bad-config', `active is ${active}, there are ${s} sub-experts: choose a number above 0 and at most ${s}`);
  return inverseNormal(1 - active / s);
}

/** Statistics of logits float32 [tokens, heads, s], per head over tokens and sub-experts; no gradient. */
export function logitStatistics(logits: Tensor3D): LogitStatistics {
  const z = constant(logits);
  const mean = tf.mean(z, [0, 2], true);
  return { mean: tf.reshape(mean, [-1]), variance: tf.mean(tf.square(tf.sub(z, mean)), [0, 2]) as Tensor1D };
}

/**
 * 1 where a sub-expert survives, else 0, float32 [tokens, heads, s]: its normalised logit is at least min(threshold, the row's largest), so that one always does.
 *
 * @param logits float32 [tokens, heads, s]
 */
export function survivors(logits: Tensor3D, active: number, { mean, variance }: LogitStatistics): Tensor3D {
  const heads = logits.shape[1];
  const scale = tf.sqrt(tf.add(tf.reshape(variance, [1, heads, 1]), epsilon));
  const normalised = tf.div(tf.sub(constant(logits), tf.reshape(mean, [1, heads, 1])), scale);
  const cut = tf.minimum(tf.max(normalised, 2, true), gateThreshold(active, logits.shape[2]));
  return tf.cast(tf.greaterEqual(normalised, cut), 'float32');
}

/**
 * Gates float32 [tokens, heads, s], rows sum to 1: the softmax of the raw logits among the survivors, exactly 0 elsewhere. The choice has no gradient.
 *
 * @param logits float32 [tokens, heads, s]
 * @param statistics of this batch in training, running ones at inference: else the routing of a token depends on its batch
 */
export function adaptiveGates(logits: Tensor3D, active: number, statistics: LogitStatistics): Tensor3D {
  const kept = constant(survivors(logits, active, statistics));
  return tf.softmax(tf.add(tf.mul(logits, kept), tf.mul(tf.sub(1, kept), out)) as Tensor3D, 2);
}

/** Share of the new batch in running statistics. */
const momentum = 0.1;

/** Running statistics after a batch of tokens * s logits a head; the variance is corrected to that of a sample, as batch norms do. float32 [heads] each. */
export function updateRunning(running: LogitStatistics, batch: LogitStatistics, count: number): LogitStatistics {
  const mix = (old: Tensor, now: Tensor, factor: number): Tensor1D => tf.add(tf.mul(old, 1 - momentum), tf.mul(now, momentum * factor)) as Tensor1D;
  return { mean: mix(running.mean, batch.mean, 1), variance: mix(running.variance, batch.variance, count / Math.max(1, count - 1)) };
}
