/** How well MoE-X's router knows what it predicts: its scores against the units that fire when every expert is run (Yang et al. 2025, arXiv 2503.07639, figure 4). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { linearCorrelation, rankCorrelation } from '../../../eval/rank-correlation.ts';
import { scoped } from '../../../ops/scope.ts';
import type { Random } from '../../../random.ts';
import { wideCode } from './experts.ts';
import type { ExpertWeights } from './experts.ts';
import { rowStatistics, sparsityScores } from './sparsity-router.ts';

/** A router's score of an expert for a token, and how many of the expert's units fire on it. */
export type ScoredPair = readonly [score: number, l0: number, expert: number];

/** Scores and true counts of tokens, (token, expert) by (token, expert): two lists that grow with what is added. */
export class RouterAgreement {
  readonly #scores: number[] = [];
  readonly #counts: number[] = [];
  #experts = 0;

  /** Runs all experts on x float32 [tokens, dModel], normed. */
  add(x: Tensor2D, weights: ExpertWeights): void {
    const [experts] = weights.wEnc.shape;
    this.#experts = experts;
    scoped(() => {
      const ones = tf.ones([x.shape[0], experts]) as Tensor2D;
      const firing = tf.cast(tf.greater(tf.reshape(wideCode(x, weights, ones, 'relu'), [x.shape[0], experts, -1]), 0), 'float32');
      for (const count of tf.sum(firing, 2).dataSync()) this.#counts.push(count);
      for (const score of sparsityScores(x, rowStatistics(weights)).dataSync()) this.#scores.push(score);
    });
  }

  /** Scores and counts so far, for a checkpoint. */
  state(): { readonly scores: number[]; readonly counts: number[] } {
    return { scores: [...this.#scores], counts: [...this.#counts] };
  }

  /** Goes on where another was, of so many experts. */
  restore({ scores, counts }: { readonly scores: readonly number[]; readonly counts: readonly number[] }, experts: number): void {
    this.#experts = experts;
    this.#scores.length = 0;
    this.#counts.length = 0;
    for (const score of scores) this.#scores.push(score);
    for (const count of counts) this.#counts.push(count);
  }

  /** (token, expert) pairs so far. */
  get pairs(): number {
    return this.#scores.length;
  }

  /** Spearman's correlation of score and L0, in [-1, 1]: -1 where the router always knows. 0 before anything was added. */
  correlation(): number {
    return rankCorrelation(this.#scores, this.#counts);
  }

  /** Pearson's, in [-1, 1]; 0 before anything was added. */
  linear(): number {
    return linearCorrelation(this.#scores, this.#counts);
  }

  /** `count` pairs at most, drawn without repetition and in order. */
  sample(count: number, random: Random): ScoredPair[] {
    const all = Int32Array.from(this.#scores.keys());
    const chosen = all.length <= count ? all : random.shuffle(all).slice(0, count).sort();
    return Array.from(chosen, (at) => [this.#scores[at]!, this.#counts[at]!, at % this.#experts]);
  }
}
