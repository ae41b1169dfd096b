/**
 * Feature Choice: each latent chooses its tokens, a number of them that is fixed by a curve over latents (Ayonrinde 2024, arXiv 2411.02124).
 *
 * Every latent fires, whether or not anything matches: that no latent is dead is by construction and no evidence. The first part of the run is
 * Mutual Choice, and latents are ranked for their quotas by the densities at the switch [our choice: the paper trains both, the order was not
 * confirmed].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { batchTopKDense, columnTopKDense } from '../../ops/choice.ts';
import { defineVariant } from '../definition.ts';
import type { LossContext, Weights } from '../definition.ts';
import { kProblems } from '../fields.ts';
import { decodeLinear, preActivations, tiedUnitInit } from '../parts.ts';
import { aboveThreshold, movedThreshold } from '../running-threshold.ts';
import { choiceFields, choiceLoss, densityBuffers, dyingShare, movedDensities, uniformCurve, zipfQuotas } from '../zipf.ts';

const config = z.strictObject({
  ...choiceFields,
  quotas: z.enum(['uniform', 'zipf']).default('zipf').describe('Tokens that a latent chooses: the same number for all, or by its rank on the Zipf curve'),
  latentThresholdDecay: z.number().min(0).lt(1).default(0.97)
    .describe("Decay a step of a latent's threshold towards the one that keeps its quota").meta({ unit: '1' }),
  mutualShare: z.number().min(0).lt(1).default(0.8).describe('First part of the run, in which the choice is mutual').meta({ unit: 'share' }),
});
type Config = z.infer<typeof config>;

/** The first step in which latents choose. */
function switchStep({ mutualShare }: Config, { steps }: Pick<LossContext, 'steps'>): number {
  return Math.floor(mutualShare * steps);
}

/** Tokens that each latent chooses in a batch, int32 [dSae]. Kind bad-request where there are fewer matches than latents. */
function quotasOf(weights: Weights, rows: number, { k, quotas, zipfExponent, zipfShift }: Config): Int32Array {
  const rank = weights['rank']!.dataSync<'float32'>();
  if (k * rows < rank.length) {
    throw new LoupeError('bad-request', `batch is ${rows} and k ${k}: ${k * rows} matches for ${rank.length} latents. Choose batch >= dSae / k = ${Math.ceil(rank.length / k)}`);
  }
  const curve = quotas === 'zipf' ? { exponent: zipfExponent, shift: zipfShift } : uniformCurve;
  const byRank = zipfQuotas(rank.length, k * rows, rows, curve);
  return Int32Array.from(rank, (r) => byRank[r]!);
}

/** The smallest activation that each latent chose, float32 [dSae]; its old threshold where it chose none. latents float32 [rows, dSae]. */
function smallestChosen(latents: Tensor2D, old: Tensor): Tensor {
  const smallest = tf.min(tf.where(tf.greater(latents, 0), latents, tf.fill(latents.shape, Infinity)), 0);
  return tf.where(tf.isFinite(smallest), smallest, old);
}

/**
 * Each latent's threshold, float32 [dSae], is raised where more of a batch is above it than the latent's quota, and lowered where less [our choice]:
 * a running mean of the smallest chosen activation, as for Mutual Choice, is pulled down by batches with fewer matches than the quota; L0 then
 * differed by 8 to 30 % from training. u float32 [rows, dSae], quotas int32 [dSae].
 */
function towardsQuotas(old: Tensor, u: Tensor2D, quotas: Int32Array, rate: number): Tensor {
  const above = tf.sum(tf.cast(tf.greater(u, old), 'float32'), 0);
  const wanted = tf.tensor1d(Float32Array.from(quotas));
  return tf.mul(old, tf.exp(tf.mul(rate, tf.div(tf.sub(above, wanted), wanted))));
}

export const featureChoice = defineVariant({
  id: 'feature-choice',
  title: 'Feature Choice',
  summary: 'Each latent keeps its own fixed number of tokens of a batch, after a first part with Mutual Choice; every latent fires by construction.',
  paper: 'Ayonrinde 2024, arXiv 2411.02124',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  // the features of SYN are all as frequent
  synthetic: { task: 'syn', fields: { quotas: 'uniform' } },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  // a threshold of each latent; all are alike while the choice is mutual
  buffers: (_config, { dSae }) => ({ threshold: tf.zeros([dSae]), thresholdWeight: tf.zeros([1]), ...densityBuffers(dSae) }),
  encode: (weights, x) => aboveThreshold(preActivations(weights, x), weights['threshold']!),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, own, context) => {
    const rows = x.shape[0];
    const u = preActivations(weights, x);
    // also while the choice is mutual, so that a batch that is too small is refused at the first step
    const quotas = quotasOf(weights, rows, own);
    const latents = context.step < switchStep(own, context) ? batchTopKDense(u, own.k * rows) : columnTopKDense(u, quotas);
    return { ...choiceLoss(weights, x, u, latents, own, context.variance), preActivations: u };
  },
  afterStep: (weights, { x }, { latents, preActivations: u }, own, context) => {
    const first = switchStep(own, context);
    const old = weights['threshold']!;
    const moved = context.step < first ? movedThreshold(weights, latents, own.thresholdDecay)
      : { threshold: context.step === first ? smallestChosen(latents, old) : towardsQuotas(old, u!, quotasOf(weights, x.shape[0], own), 1 - own.latentThresholdDecay) };
    return { ...moved, ...movedDensities(weights, latents, context.step, first - 1) };
  },
  diagnose: (weights, _result, own) => ({ threshold: tf.mean(weights['threshold']!).dataSync()[0]!, dying: dyingShare(weights, own) }),
  unitDecoder: true,
  centresInput: true,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: weights['threshold']!.dataSync<'float32'>().slice() }),
});
