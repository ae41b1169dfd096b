/** The MLP of a GPT: act(x W + b) W' + b', or gated as act(x G) * (x W), then W' (SwiGLU; Shazeer 2020, 2002.05202). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { activate } from '../activations.ts';
import { expectNative } from '../fused.ts';
import { applyLinear } from '../linear.ts';
import { defineLayer, type ModelSize } from './definition.ts';
import { topKActivation } from './lazy/top-k.ts';
import { linearOf } from './pre-norm.ts';
import { normal, outputStd, weightStd, zeros } from './starts.ts';

const activations = {
  gelu: (x: Tensor): Tensor => activate(x, 'gelu'),
  relu: (x: Tensor): Tensor => activate(x, 'relu'),
  /** max(0, x)^2 (So et al. 2021, 2109.08668). */
  relu2: (x: Tensor): Tensor => tf.square(tf.relu(x)),
  swiglu: (x: Tensor): Tensor => activate(x, 'silu'),
} as const;

const config = z.strictObject({
  activation: z.enum(['gelu', 'relu', 'relu2', 'swiglu']).default('gelu').describe('Non-linearity of the MLP; swiglu has a gate'),
  hidden: z.int().min(1).max(1 << 20).nullable().default(null)
    .describe('Units of the MLP; empty: four times the width, or 8/3 of it with a gate, which is as many parameters').meta({ unit: 'units' }),
  keep: z.int().min(1).max(1 << 20).nullable().default(null)
    .describe('Units that stay on a token, the largest ones, in training and inference (Top-K, Li et al. 2022, arXiv 2210.06313); empty: all').meta({ unit: 'units' }),
});

type DenseConfig = z.infer<typeof config>;

function isGated({ activation }: DenseConfig): boolean {
  return activation === 'swiglu';
}

/** The MLP's width: a gated one of 8/3 d, rounded to a multiple of 8, has the parameters of a plain one of 4 d. */
function hiddenOf(own: DenseConfig, { dModel }: ModelSize): number {
  return own.hidden ?? (isGated(own) ? 8 * Math.round(dModel / 3) : 4 * dModel);
}

/** Top-K keeps the largest of what a ReLU lets through. */
function keepProblem({ keep, activation }: DenseConfig, hidden: number): string | null {
  if (keep === null) return null;
  if (activation !== 'relu') return `keep is ${keep}, activation is ${activation}: it is a choice among ReLU units, so choose relu`;
  return keep <= hidden ? null : `keep is ${keep}, the MLP has ${hidden} units: choose keep <= ${hidden}`;
}

export const dense = defineLayer({
  id: 'dense',
  title: 'Dense GPT',
  paper: 'Radford et al. 2019 (GPT-2)',
  config,
  problem: (own, size) => keepProblem(own, hiddenOf(own, size)),
  parameters(own, size) {
    const hidden = hiddenOf(own, size);
    const matrix = (shape: [number, number], std: number) => ({ shape, start: normal(std), decay: true });
    const bias = (length: number) => ({ shape: [length], start: zeros, decay: false });
    return {
      ...(isGated(own) ? { 'mlp.gate.weight': matrix([size.dModel, hidden], weightStd) } : {}),
      'mlp.in.weight': matrix([size.dModel, hidden], weightStd),
      ...(isGated(own) ? {} : { 'mlp.in.bias': bias(hidden) }),
      'mlp.out.weight': matrix([hidden, size.dModel], outputStd(size.layers)),
      ...(isGated(own) ? {} : { 'mlp.out.bias': bias(size.dModel) }),
    };
  },
  forward(x, weights, own, pass) {
    const map = (value: Tensor2D, name: string): Tensor2D => applyLinear(value, linearOf(weights, name), pass);
    const gate = isGated(own) ? pass.at('mlp.hook_pre', map(x, 'mlp.gate')) : null;
    const linear = pass.at(gate === null ? 'mlp.hook_pre' : 'mlp.hook_pre_linear', map(x, 'mlp.in'));
    const act = own.keep === null ? activations[own.activation] : (value: Tensor): Tensor => topKActivation(value as Tensor2D, own.keep!);
    const post = pass.at('mlp.hook_post', (gate === null ? act(linear) : tf.mul(act(gate), linear)) as Tensor2D);
    return { y: map(post, 'mlp.out'), losses: {} };
  },
  // A gate has a map of its own, and its product with the units runs in stock ops.
  held: (own, size) => (isGated(own) ? 11 : expectNative('LoupeLinearGrad') ? 4 : 10) * hiddenOf(own, size),
  units: (own, size) => hiddenOf(own, size),
  unitNames: () => ({ pattern: 'neuron {n}', width: null }),
  smooth: ({ activation }) => activation === 'gelu' || activation === 'swiglu',
  writes: (weights) => ({ rows: weights['mlp.out.weight'] as Tensor2D, bias: (weights['mlp.out.bias'] as Tensor1D | undefined) ?? null }),
  hooks(own, size) {
    const hidden = hiddenOf(own, size);
    return isGated(own) ? [['mlp.hook_pre', hidden], ['mlp.hook_pre_linear', hidden]] : [['mlp.hook_pre', hidden]];
  },
  active(own, size) {
    const hidden = hiddenOf(own, size);
    return isGated(own) ? 3 * size.dModel * hidden : 2 * size.dModel * hidden + hidden + size.dModel;
  },
});
