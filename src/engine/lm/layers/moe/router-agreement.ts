/** How well MoE-X's router knows what it predicts: its scores against the units that fire when every expert is run (Yang et al. 2025, arXiv 2503.07639, figure 4). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { rankCorrelation } from '../../../eval/rank-correlation.ts';
import { scoped } from '../../../ops/scope.ts';
import { wideCode } from './experts.ts';
import type { ExpertWeights } from './experts.ts';
import { rowStatistics, sparsityScores } from './sparsity-router.ts';

/** Scores and true counts of tokens, (token, expert) by (token, expert): two lists that grow with what is added. */
export class RouterAgreement {
  readonly #scores: number[] = [];
  readonly #counts: number[] = [];

  /** Runs all experts on x float32 [tokens, dModel], normed. */
  add(x: Tensor2D, weights: ExpertWeights): void {
    const [experts] = weights.wEnc.shape;
    scoped(() => {
      const ones = tf.ones([x.shape[0], experts]) as Tensor2D;
      const firing = tf.cast(tf.greater(tf.reshape(wideCode(x, weights, ones, 'relu'), [x.shape[0], experts, -1]), 0), 'float32');
      for (const count of tf.sum(firing, 2).dataSync()) this.#counts.push(count);
      for (const score of sparsityScores(x, rowStatistics(weights)).dataSync()) this.#scores.push(score);
    });
  }

  /** Spearman's correlation of score and L0, in [-1, 1]: -1 where the router always knows. 0 before anything was added. */
  correlation(): number {
    return rankCorrelation(this.#scores, this.#counts);
  }
}
