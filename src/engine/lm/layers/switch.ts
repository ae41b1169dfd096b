/** The Switch mixture as a layer: what MoE-X is compared with (Fedus et al. 2021, arXiv 2101.03961), without expert capacity. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineLayer } from './definition.ts';
import { activeExperts, expertFields, expertProblem, expertWrites, expertWeights, expertWidth, gatedExperts, runExperts } from './moe/adapter.ts';
import { expertSpecs, linearRouterSpecs } from './moe/parameters.ts';
import { routeLinearly } from './moe/switch.ts';
import { expertStudy } from './moe/study.ts';
import { prefixed } from './prefixed.ts';

const config = z.strictObject({
  ...expertFields,
  activation: z.enum(['gelu', 'relu']).default('gelu').describe("Non-linearity of the experts; relu is MoE-X's ablation (the experts alone)"),
});

export const switchMoe = defineLayer({
  id: 'switch',
  title: 'Switch mixture of experts',
  paper: 'Fedus et al. 2021, arXiv 2101.03961',
  config,
  problem: (own) => expertProblem(own),
  parameters: (own, size) => prefixed('mlp.', { ...linearRouterSpecs(own.experts, size.dModel), ...expertSpecs({ ...own, width: expertWidth(own, size) }, size, 0) }),
  forward: (x, weights, own, pass) => runExperts(x, expertWeights(weights), routeLinearly(x, weights['mlp.wRouter'] as Tensor2D, own.k), own.activation, pass),
  lossWeights: ({ balance }) => ({ balance }),
  units: (own, size) => own.experts * expertWidth(own, size),
  study: (own) => expertStudy(own.experts, (x, weights) => routeLinearly(x, weights['mlp.wRouter'] as Tensor2D, own.k), false),
  unitNames: (own, size) => ({ pattern: 'expert {i}, neuron {j}', width: expertWidth(own, size) }),
  smooth: ({ activation }) => activation === 'gelu',
  writes: (weights) => expertWrites(expertWeights(weights)),
  hooks: (own) => [['mlp.hook_gates', own.experts]],
  experts: gatedExperts,
  active: (own, size) => activeExperts(own, size) + own.experts * size.dModel,
});
