/** What MoE-X and Switch share as layers of a model: fields, names, and the form that is computed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { ExpertsForm, LayerPass, LayerResult, ModelSize, UnitWrites, Weights } from '../definition.ts';
import { applyExperts, wideCode, wideL0, wideOutput } from './experts.ts';
import type { ExpertActivation, ExpertWeights } from './experts.ts';
import { choiceMask } from './gates.ts';
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

/** wEnc, wDec float32 [experts, width, dModel]; bEnc [experts, width]; bDec [dModel]. */
export function expertWeights(weights: Weights): ExpertWeights {
  return {
    wEnc: weights['mlp.wEnc'] as Tensor3D, bEnc: (weights['mlp.bEnc'] as Tensor2D | undefined) ?? null,
    wDec: weights['mlp.wDec'] as Tensor3D, bDec: (weights['mlp.bDec'] as Tensor1D | undefined) ?? null,
  };
}

/** Unit (e, j) stands at e * width + j, and its value holds the gate: its direction is its row of wDec. */
export function expertWrites({ wDec, bDec }: ExpertWeights): UnitWrites {
  const [experts, width, dModel] = wDec.shape;
  return { rows: tf.reshape(wDec, [experts * width, dModel]), bias: bDec };
}

/** Gates as they are used, float32 [tokens, experts]: 0 for what is switched off, then through their hook; what a change there gives to experts outside the choice is left out. */
function usedGates({ gates, choice }: Routing, experts: number, pass: LayerPass): Tensor2D {
  const kept = pass.keep === null ? gates : tf.mul(gates, pass.keep) as Tensor2D;
  if (!pass.touches('mlp.hook_gates')) return kept;
  return tf.mul(pass.at('mlp.hook_gates', kept), tf.sum(choiceMask(choice, experts), 1));
}

/** The gates of MoE-X and Switch as shares of their experts. */
export const gatedExperts: ExpertsForm<ExpertConfig> = {
  count: ({ experts }) => experts,
  layout: 'list',
  hooks: ['mlp.hook_gates'],
  mass: (_own, [gates]) => tf.sum(gates!, 0),
  uses({ experts }, [gates], tokens) {
    return Array.from({ length: tokens }, (_, token) => {
      const row = gates!.subarray(token * experts, (token + 1) * experts);
      const used = Int32Array.from([...row.keys()].filter((expert) => row[expert]! > 0));
      return { experts: used, weights: Float32Array.from(used, (expert) => row[expert]!) };
    });
  },
  units: (own, size, expert) => [expert * expertWidth(own, size), expertWidth(own, size)],
  name: (_own, expert) => `expert ${expert}`,
};

/** The layer's result for x float32 [tokens, dModel]: by the experts chosen, or through the wide code where its hook is looked at or changed. */
export function runExperts(x: Tensor2D, weights: ExpertWeights, routing: Routing, activation: ExpertActivation, pass: LayerPass): LayerResult {
  const { choice, balance } = routing;
  const experts = weights.wEnc.shape[0];
  const gates = usedGates(routing, experts, pass);
  const load = tf.tensor1d(expertLoads(choice, experts));
  if (!pass.touches('mlp.hook_post')) {
    const { y, l0 } = applyExperts(x, weights, gates, choice, activation, pass.training);
    return { y, losses: { balance }, figures: { load, l0 } };
  }
  const code = pass.at('mlp.hook_post', wideCode(x, weights, gates, activation));
  return { y: wideOutput(code, weights), losses: { balance }, figures: { load, l0: wideL0(code, choice, experts) } };
}
