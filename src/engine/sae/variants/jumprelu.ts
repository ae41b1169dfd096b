/** JumpReLU with learned thresholds and an L0 penalty by straight-through gradients (Rajamanoharan et al. 2024, arXiv 2407.14435). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inWindow, jumpRelu, stepAbove } from '../../ops/jump-relu.ts';
import { defineVariant } from '../definition.ts';
import type { LossContext, Weights } from '../definition.ts';
import { sparsityWarmup } from '../fields.ts';
import { decodeLinear, encoderProduct, meanSquaredError, tiedUnitInit, warmUp } from '../parts.ts';
import { aboveThreshold } from '../running-threshold.ts';

const config = z.strictObject({
  targetL0: z.number().positive().max(1e6).nullable().default(20)
    .describe('Latents a token that the penalty aims at, by the squared relative miss; empty: the penalty grows without an aim').meta({ unit: 'latents' }),
  penalty: z.enum(['l0', 'tanh']).default('l0').describe('What the penalty counts: active latents (the paper), or sum tanh(c f) (SAELens)'),
  sparsityCoefficient: z.number().min(0).max(1e6).nullable().default(null)
    .describe('Weight of the penalty, beside the squared error of x of mean norm 1; empty: 1 with a target, 1e-3 without').meta({ unit: '1' }),
  tanhScale: z.number().positive().max(1000).default(4).describe('c of the tanh penalty').meta({ unit: '1 / activation' }),
  preActCoefficient: z.number().min(0).max(1e3).default(0)
    .describe('Weight of sum relu(threshold - u) over dead latents, which lifts them (SAELens: 3e-6); 0 turns it off').meta({ unit: '1' }),
  sparsityWarmup,
  threshold: z.number().positive().max(100).default(1e-3).describe('Threshold of every latent at the start').meta({ unit: 'activation' }),
  bandwidth: z.number().positive().max(100).default(1e-3).describe('Width of the window around a threshold whose entries give its gradient').meta({ unit: 'activation' }),
});
type Config = z.infer<typeof config>;

/** The sparsity penalty of a batch before its coefficient. latents and u float32 [rows, dSae]. */
function penaltyOf(latents: Tensor2D, u: Tensor2D, threshold: Tensor1D, { penalty, targetL0, tanhScale, bandwidth }: Config): Tensor {
  const counted = penalty === 'l0' ? stepAbove(u, threshold, bandwidth) : tf.tanh(tf.mul(latents, tanhScale));
  const l0 = tf.div(tf.sum(counted), u.shape[0]);
  return targetL0 === null ? l0 : tf.square(tf.sub(tf.div(l0, targetL0), 1));
}

/** Mean over rows of sum relu(threshold - u) over dead latents. u float32 [rows, dSae]. */
function deadLift(u: Tensor2D, threshold: Tensor1D, { dead }: LossContext): Tensor {
  if (dead === null) return tf.scalar(0);
  return tf.div(tf.sum(tf.mul(tf.relu(tf.sub(threshold, u)), dead)), u.shape[0]);
}

/** Figures about the thresholds, float32 [dSae], and the share of pre-activations near them. */
function thresholdFigures(weights: Weights, windowShare: number): Record<string, number> {
  const threshold = weights['threshold'] as Tensor1D;
  const number = (tensor: Tensor): number => tensor.dataSync()[0]!;
  return {
    windowShare,
    threshold: number(tf.mean(threshold)),
    thresholdMin: number(tf.min(threshold)),
    thresholdMax: number(tf.max(threshold)),
  };
}

/** Thresholds stay positive: below 0, u 1[u > threshold] would pass negative activations. threshold float32 [dSae]. */
function keptPositive({ threshold }: Weights): Weights {
  return { threshold: tf.maximum(threshold!, 0) };
}

/** Weight of the penalty in a step. */
function coefficientOf({ targetL0, sparsityCoefficient, sparsityWarmup: share }: Config, context: LossContext): number {
  return (sparsityCoefficient ?? (targetL0 === null ? 1e-3 : 1)) * warmUp(context, share);
}

export const jumprelu = defineVariant({
  id: 'jumprelu',
  title: 'JumpReLU',
  summary: 'Each latent fires above a threshold of its own, learned with an L0 penalty; a target L0 can be set.',
  paper: 'Rajamanoharan et al. 2024, arXiv 2407.14435',
  data: 'activations',
  // the paper's defaults are for E|x|^2 = 1: with root-d, threshold and bandwidth would be sqrt(dIn) and the coefficient dIn times larger
  scaling: 'unit-norm',
  signed: false,
  synthetic: { task: 'syn', fields: { targetL0: 3, threshold: 0.05, bandwidth: 0.1 } },
  config,
  check: () => [],
  init: ({ threshold }, context) => ({ ...tiedUnitInit(context), threshold: tf.fill([context.dSae], threshold) }),
  encode: (weights, x) => aboveThreshold(encoderProduct(weights, x), weights['threshold']!),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, own, context) => {
    const u = encoderProduct(weights, x);
    const threshold = weights['threshold'] as Tensor1D;
    const latents = jumpRelu(u, threshold, own.bandwidth);
    const reconstruction = decodeLinear(weights, latents);
    const penalty = penaltyOf(latents, u, threshold, own) as Scalar;
    const terms = [meanSquaredError(x, reconstruction), tf.mul(penalty, coefficientOf(own, context))];
    if (own.preActCoefficient > 0) terms.push(tf.mul(deadLift(u, threshold, context), own.preActCoefficient));
    return { loss: tf.addN(terms) as Scalar, auxLoss: penalty, latents, reconstruction, preActivations: u };
  },
  afterStep: keptPositive,
  diagnose: (weights, { preActivations }, { bandwidth }) =>
    thresholdFigures(weights, tf.mean(inWindow(preActivations!, weights['threshold'] as Tensor1D, bandwidth)).dataSync()[0]!),
  unitDecoder: true,
  centresInput: false,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: weights['threshold']!.dataSync() as Float32Array }),
  // the tanh penalty and the lift of dead latents have gradients outside the window
  fused: (own) => (own.penalty === 'tanh' || own.preActCoefficient > 0 ? null : {
    kind: 'jumprelu', bandwidth: own.bandwidth, targetL0: own.targetL0,
    coefficient: (context) => coefficientOf(own, context), afterStep: keptPositive,
    diagnose: (weights, { windowShare }) => thresholdFigures(weights, windowShare),
  }),
  defaults: { lr: 7e-5, beta1: 0, clip: 1 },
});
