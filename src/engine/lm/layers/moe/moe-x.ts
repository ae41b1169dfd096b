/** MoE-X: ReLU experts behind the sparsity-aware router (Yang et al. 2025, arXiv 2503.07639). There is no router matrix. */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { applyExperts, wideCode } from './experts.ts';
import type { ExpertActivation, ExpertWeights } from './experts.ts';
import { chooseExperts, softmaxAmong } from './gates.ts';
import type { Choice } from './gates.ts';
import { loadBalanceLoss } from './load-balance.ts';
import { rowStatistics, sparsityScores } from './sparsity-router.ts';
import type { RowStatistics } from './sparsity-router.ts';

export interface MoeXConfig {
  /** Experts of a token. */
  readonly k: number;
  /** Of the softmax over scores, which lie in [-1, 1]: at 1 no gate is more than e^2 times another. */
  readonly temperature: number;
  /** ReLU is MoE-X; another one is its ablation "router only". */
  readonly activation: ExpertActivation;
}

/** What a router made of a batch. */
export interface Routing {
  /** float32 [tokens, experts] */
  readonly scores: Tensor2D;
  /** float32 [tokens, experts]; k of a row are above 0. */
  readonly gates: Tensor2D;
  readonly choice: Choice;
  /** float32 [], to be weighted and added to the loss. */
  readonly balance: Scalar;
}

/** Scores, gates and the balance loss of x float32 [tokens, dModel]. `statistics` of the same weights save their recomputation. */
export function routeBySparsity(x: Tensor2D, weights: ExpertWeights, { k, temperature }: MoeXConfig, statistics: RowStatistics = rowStatistics(weights)): Routing {
  const scores = sparsityScores(x, statistics);
  const choice = chooseExperts(scores, k);
  return { scores, choice, gates: softmaxAmong(scores, choice, temperature), balance: loadBalanceLoss(scores, choice, temperature) };
}

/** x float32 [tokens, dModel], normed -> the layer's output, float32 [tokens, dModel]. */
export function applyMoeX(x: Tensor2D, weights: ExpertWeights, config: MoeXConfig, statistics?: RowStatistics): { readonly output: Tensor2D; readonly routing: Routing } {
  const routing = routeBySparsity(x, weights, config, statistics);
  return { output: applyExperts(x, weights, routing.gates, routing.choice, config.activation).y, routing };
}

/** The units that the catalog counts as features, float32 [tokens, experts * width], (expert, j) at expert * width + j. x float32 [tokens, dModel]. */
export function moeXCode(x: Tensor2D, weights: ExpertWeights, config: MoeXConfig): Tensor2D {
  return wideCode(x, weights, routeBySparsity(x, weights, config).gates, config.activation);
}
