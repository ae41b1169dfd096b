/** What MoE-X and Switch share as layers of a model: fields, names, and the form that is computed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LayerPass, LayerResult, ModelSize, Weights } from '../definition.ts';
import { applyExperts, wideCode, wideL0, wideOutput } from './experts.ts';
import type { ExpertActivation, ExpertWeights } from './experts.ts';
import { expertLoads } from './load-balance.ts';
import type { Routing } from './moe-x.ts';

export const expertFields = {
  experts: z.int().min(1).max(4096).default(8).describe('Experts of a layer').meta({ unit: 'experts' }),
  k: z.int().min(1).max(4096).default(2).describe('Experts that a token goes to').meta({ unit: 'experts' }),
  width: z.int().min(1).max(1 << 20).nullable().default(null)
    .describe('Units of one expert; empty: 4 d / k, so that a token is computed by as many parameters as in a dense GPT').meta({ unit: 'units' }),
  biases: z.boolean().default(true).describe('Whether experts have biases'),
  balance: z.number().min(0).max(1000).default(0.01).describe('Weight of the load-balance loss, which is 1 when all experts are used alike').meta({ unit: '1' }),
};

export interface ExpertConfig {
  readonly experts: number;
  readonly k: number;
  readonly width: number | null;
  readonly biases: boolean;
}

/** Units of one expert. */
export function expertWidth({ width, k }: ExpertConfig, { dModel }: ModelSize): number {
  return width ?? Math.ceil((4 * dModel) / k);
}

/** What is impossible, or null. */
export function expertProblem({ experts, k }: ExpertConfig): string | null {
  return k <= experts ? null : `k is ${k}, experts is ${experts}: choose k <= experts`;
}

/** Parameters of k experts and the shared bias: what computes one token. */
export function activeExperts(own: ExpertConfig, size: ModelSize): number {
  const width = expertWidth(own, size);
  return own.k * 2 * width * size.dModel + (own.biases ? own.k * width + size.dModel : 0);
}

/** Unit (e, j) stands at e * width + j. */
export function expertUnitName(unit: number, width: number): string {
  return `expert ${Math.floor(unit / width)}, neuron ${unit % width}`;
}

/** wEnc, wDec float32 [experts, width, dModel]; bEnc [experts, width]; bDec [dModel]. */
export function expertWeights(weights: Weights): ExpertWeights {
  return {
    wEnc: weights['mlp.wEnc'] as Tensor3D, bEnc: (weights['mlp.bEnc'] as Tensor2D | undefined) ?? null,
    wDec: weights['mlp.wDec'] as Tensor3D, bDec: (weights['mlp.bDec'] as Tensor1D | undefined) ?? null,
  };
}

/** The layer's result for x float32 [tokens, dModel]: by the experts chosen, or through the wide code where its hook is looked at or changed. */
export function runExperts(x: Tensor2D, weights: ExpertWeights, { gates, choice, balance }: Routing, activation: ExpertActivation, pass: LayerPass): LayerResult {
  const experts = weights.wEnc.shape[0];
  const load = tf.tensor1d(expertLoads(choice, experts));
  if (!pass.touches('mlp.hook_post')) {
    const { y, l0 } = applyExperts(x, weights, gates, choice, activation);
    return { y, losses: { balance }, figures: { load, l0 } };
  }
  const code = pass.at('mlp.hook_post', wideCode(x, weights, gates, activation));
  return { y: wideOutput(code, weights), losses: { balance }, figures: { load, l0: wideL0(code, choice, experts) } };
}
