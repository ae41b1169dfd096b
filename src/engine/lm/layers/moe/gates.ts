/** Gates of a mixture of experts: the softmax over the k largest scores of a token, 0 elsewhere (Shazeer et al. 2017, arXiv 1701.06538, eq. 3 to 5). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import { scoped } from '../../../ops/scope.ts';
import { constant } from '../../constant.ts';

/** Which experts each token goes to. */
export interface Choice {
  /** Expert of (token, rank), the best first: int32 [tokens * k]. */
  readonly experts: Int32Array;
  readonly tokens: number;
  /** Experts of a token. */
  readonly k: number;
}

/** The k largest scores of each row, the lower index first where they tie. scores float32 [tokens, experts]. Kind bad-config where k > experts, not-finite. */
export function chooseExperts(scores: Tensor2D, k: number): Choice {
  const [tokens, count] = scores.shape;
  if (!Number.isInteger(k) || k < 1 || k > count) throw new LoupeError('bad-config', `k is ${k}, there are ${count} experts: choose a whole number from 1 to ${count}`);
  return scoped(() => {
    if (tf.sum(tf.mul(scores, 0)).dataSync()[0] !== 0) throw new LoupeError('not-finite', 'a score of the router is not a finite number: the activations or the weights are broken');
    return { experts: tf.topk(scores, k).indices.dataSync<'int32'>(), tokens, k };
  });
}

/** 1 at (token, rank, expert of that rank), float32 [tokens, k, experts]; a constant. */
export function choiceMask({ experts, tokens, k }: Choice, count: number): Tensor {
  return tf.cast(tf.reshape(tf.oneHot(tf.tensor1d(experts, 'int32'), count), [tokens, k, count]), 'float32');
}

/** Adds to scores so that exp gives exactly 0. */
const out = -1e9;

/**
 * softmax(scores / temperature) among the chosen experts, exactly 0 elsewhere; rows sum to 1. The choice has no gradient.
 *
 * @param scores float32 [tokens, experts]
 * @returns float32 [tokens, experts]
 */
export function softmaxAmong(scores: Tensor2D, choice: Choice, temperature = 1): Tensor2D {
  const mask = tf.sum(choiceMask(choice, scores.shape[1]), 1);
  const kept = tf.add(tf.div(scores, temperature), tf.mul(tf.sub(1, constant(mask)), out));
  return tf.softmax(kept as Tensor2D, 1);
}
