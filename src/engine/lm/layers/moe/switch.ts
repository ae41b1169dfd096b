/**
 * The mixture that MoE-X is compared with: a linear router (Fedus et al. 2021, arXiv 2101.03961; k > 1 as Shazeer et al. 2017, arXiv 1701.06538). Left out:
 * expert capacity (no token is dropped), router noise, and float32 casts, as everything here is float32.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyExperts } from './experts.ts';
import type { ExpertActivation, ExpertWeights } from './experts.ts';
import { chooseExperts, choiceMask, softmaxAmong } from './gates.ts';
import { loadBalanceLoss } from './load-balance.ts';
import type { Routing } from './moe-x.ts';

export interface SwitchWeights extends ExpertWeights {
  /** float32 [experts, dModel] */
  readonly wRouter: Tensor2D;
}

export interface SwitchConfig {
  /** Experts of a token. With 1 the gate is the expert's probability among all, else nothing would teach the router; with more the softmax among the k. */
  readonly k: number;
  readonly activation: ExpertActivation;
}

/** Scores x wRouter^T and gates of x float32 [tokens, dModel]; wRouter float32 [experts, dModel]. */
export function routeLinearly(x: Tensor2D, wRouter: Tensor2D, k: number): Routing {
  const scores = tf.matMul(x, wRouter, false, true) as Tensor2D;
  const choice = chooseExperts(scores, k);
  const gates = k > 1 ? softmaxAmong(scores, choice) : tf.mul(tf.softmax(scores, 1), tf.sum(choiceMask(choice, scores.shape[1]), 1)) as Tensor2D;
  return { scores, choice, gates, balance: loadBalanceLoss(scores, choice) };
}

/** x float32 [tokens, dModel], normed -> the layer's output, float32 [tokens, dModel]. */
export function applySwitch(x: Tensor2D, weights: SwitchWeights, { k, activation }: SwitchConfig): { readonly output: Tensor2D; readonly routing: Routing } {
  const routing = routeLinearly(x, weights.wRouter, k);
  return { output: applyExperts(x, weights, routing.gates, routing.choice, activation).y, routing };
}
