/** MoE-X as a layer: ReLU experts, routed to by how few of their units would fire (Yang et al. 2025, arXiv 2503.07639). */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineLayer, type LayerPass, type Weights } from './definition.ts';
import { activeExperts, expertFields, expertProblem, expertWrites, expertWidth, gatedExperts, runExperts, expertWeights } from './moe/adapter.ts';
import { routeBySparsity } from './moe/moe-x.ts';
import { expertSpecs, moeXShift } from './moe/parameters.ts';
import { rowStatistics, type RowStatistics } from './moe/sparsity-router.ts';
import { expertStudy } from './moe/study.ts';
import { prefixed } from './prefixed.ts';

const config = z.strictObject({
  ...expertFields,
  activation: z.enum(['relu', 'gelu']).default('relu').describe('Non-linearity of the experts: relu is MoE-X, gelu its ablation (the router alone)'),
  temperature: z.number().min(0.01).max(100).default(1).describe('Of the softmax over scores, which lie between -1 and 1').meta({ unit: '1' }),
  shift: z.number().min(0).max(10).default(moeXShift)
    .describe("How far every expert's encoder rows start moved together, as a share of their standard deviation: what the router tells experts apart by").meta({ unit: '1' }),
});

/** Statistics of the encoders, made once where nothing trains them. */
function statisticsOf(weights: Weights, pass: LayerPass): RowStatistics {
  const own = expertWeights(weights);
  let all: RowStatistics | undefined;
  const make = (of: (statistics: RowStatistics) => Tensor) => (): Tensor => of((all ??= rowStatistics(own)));
  const [mean, variance] = [pass.kept('mlp.mean', make((statistics) => statistics.mean)) as Tensor2D, pass.kept('mlp.variance', make((statistics) => statistics.variance)) as Tensor2D];
  const bias = own.bEnc === null ? null : { mean: pass.kept('mlp.biasMean', make((statistics) => statistics.bias!.mean)) as Tensor1D, variance: pass.kept('mlp.biasVariance', make((statistics) => statistics.bias!.variance)) as Tensor1D };
  return { mean, variance, bias };
}

export const moeX = defineLayer({
  id: 'moe-x',
  title: 'MoE-X',
  paper: 'Yang et al. 2025, arXiv 2503.07639',
  config,
  problem: (own) => expertProblem(own),
  parameters: (own, size) => prefixed('mlp.', expertSpecs({ ...own, width: expertWidth(own, size) }, size, own.shift)),
  forward: (x, weights, own, pass) => runExperts(x, expertWeights(weights), routeBySparsity(x, expertWeights(weights), own, statisticsOf(weights, pass)), own.activation, pass),
  lossWeights: ({ balance }) => ({ balance }),
  presets: {
    'paper-small': { size: { layers: 12, dModel: 768, heads: 12, context: 1024, vocab: 50_257 }, layer: { width: 3072 } },
    'paper-medium': { size: { layers: 24, dModel: 1024, heads: 16, context: 1024, vocab: 50_257 }, layer: { width: 4096 } },
  },
  units: (own, size) => own.experts * expertWidth(own, size),
  study: (own) => expertStudy(own.experts, (x, weights) => routeBySparsity(x, expertWeights(weights), own), own.activation === 'relu'),
  unitNames: (own, size) => ({ pattern: 'expert {i}, neuron {j}', width: expertWidth(own, size) }),
  smooth: ({ activation }) => activation === 'gelu',
  writes: (weights) => expertWrites(expertWeights(weights)),
  hooks: (own) => [['mlp.hook_gates', own.experts]],
  experts: gatedExperts,
  active: (own, size) => activeExperts(own, size),
});
