/**
 * Zipf's law over latents: the quotas of Feature Choice and the weights of aux_zipf_loss (Ayonrinde 2024, arXiv 2411.02124).
 *
 * The paper fits feature densities with a Zipf curve but for the tail; its constants and the exact loss were not found. Curve, rounding,
 * smoothing, ranking and the loss's weights below are [our choice] of sae-variants.md section 1.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LossResult, Weights } from './definition.ts';
import { topKFields } from './fields.ts';
import { auxiliaryLoss, decodeLinear, meanSquaredError } from './parts.ts';

/** Fields of Mutual Choice and Feature Choice. */
export const choiceFields = {
  k: topKFields.k,
  auxK: z.int().min(0).max(100_000).nullable().default(null)
    .describe('Dying latents that the auxiliary loss uses for each token; empty: half of dIn; 0 turns it off').meta({ unit: 'latents' }),
  auxCoefficient: topKFields.auxCoefficient,
  dyingBelow: z.number().min(0).max(1).default(0.5)
    .describe('A latent is dying when it fires on less than this share of the tokens that its rank on a Zipf curve leads to expect').meta({ unit: 'share' }),
  zipfExponent: z.number().min(0).max(4).default(1).describe('The rank r of the Zipf curve has a share in proportion to (r + shift) to the power of minus this').meta({ unit: '1' }),
  zipfShift: z.number().min(0).max(1000).default(2.7).describe('Shift of the ranks of the Zipf curve').meta({ unit: 'ranks' }),
  thresholdDecay: z.number().min(0).lt(1).default(0.999)
    .describe('Decay a step of the running mean of the smallest kept activation, which is the threshold of the saved dictionary').meta({ unit: '1' }),
};

type ChoiceConfig = z.infer<z.ZodObject<typeof choiceFields>>;

/** Shares of rank r = 1.. are proportional to (r + shift)^-exponent; exponent 0 gives all ranks the same. */
export interface ZipfCurve {
  readonly exponent: number;
  readonly shift: number;
}

export const uniformCurve: ZipfCurve = { exponent: 0, shift: 0 };

/** Decay a step of the running densities. */
const densityDecay = 0.99;
/** Ranks are taken anew after this many steps: at every step, latents would swap quotas and oscillate. */
const rankEvery = 100;

/** Shares by rank, descending, float64 [latents], sum 1. */
export function zipfShares(latents: number, { exponent, shift }: ZipfCurve): Float64Array {
  const shares = Float64Array.from({ length: latents }, (_, r) => (r + 1 + shift) ** -exponent);
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/**
 * `total` matches dealt to ranks by the curve, int32 [latents]: scaled to the total with each quota from 1 to `rows`, and rounded by largest
 * remainder.
 *
 * @param total matches of a batch, from `latents` to `latents * rows`
 */
export function zipfQuotas(latents: number, total: number, rows: number, curve: ZipfCurve): Int32Array {
  const exact = scaledTo(zipfShares(latents, curve), total, rows);
  const quotas = Int32Array.from(exact, (quota) => Math.floor(quota));
  const left = total - quotas.reduce((sum, quota) => sum + quota, 0);
  const byRemainder = Array.from(quotas.keys()).sort((a, b) => (exact[b]! - quotas[b]!) - (exact[a]! - quotas[a]!) || a - b);
  for (const rank of byRemainder.slice(0, left)) quotas[rank]!++;
  return quotas;
}

/** c * shares between 1 and `rows`, with the c that makes their sum `total`: found by bisection. */
function scaledTo(shares: Float64Array, total: number, rows: number): Float64Array {
  const bounded = (factor: number): Float64Array => shares.map((share) => Math.min(rows, Math.max(1, factor * share)));
  let [low, high] = [0, rows / shares.at(-1)!];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (bounded(middle).reduce((sum, quota) => sum + quota, 0) < total) low = middle;
    else high = middle;
  }
  // just below the total, so that rounding has something to deal
  return bounded(low);
}

/** Running density of each latent and its rank by it, from 0; float32 [dSae] each. */
export function densityBuffers(dSae: number): Weights {
  return { density: tf.zeros([dSae]), rank: tf.range(0, dSae) };
}

/**
 * The buffers after a batch with these latents, float32 [rows, dSae]: densities with decay 0.99, unbiased from the first step, ranks every 100
 * steps and after step `alsoAt`.
 */
export function movedDensities(buffers: Weights, latents: Tensor2D, step: number, alsoAt = -1): Weights {
  const old = buffers['density']!;
  const rate = (1 - densityDecay) / (1 - densityDecay ** (step + 1));
  const density = tf.add(old, tf.mul(rate, tf.sub(tf.mean(tf.cast(tf.notEqual(latents, 0), 'float32'), 0), old)));
  if ((step + 1) % rankEvery !== 0 && step !== alsoAt) return { density };
  return { density, rank: tf.tensor1d(ranks(density.dataSync<'float32'>())) };
}

/** The rank of each entry, the largest 0; ties by index. float32 [n]. */
function ranks(values: Float32Array): Float32Array {
  const order = Array.from(values.keys()).sort((a, b) => values[b]! - values[a]! || a - b);
  const result = new Float32Array(values.length);
  for (const [rank, at] of order.entries()) result[at] = rank;
  return result;
}

/**
 * How much each latent is used below what its rank leads to expect: 1 - density / (dyingBelow expected), float32 [dSae]; 0 for one that is
 * used enough, 1 for one that never fires. Dying latents are those above 0. Rank r is expected to fire on k share_r of the tokens.
 */
export function dyingWeights(buffers: Weights, config: Pick<ChoiceConfig, 'k' | 'dyingBelow' | 'zipfExponent' | 'zipfShift'>): Float32Array {
  const [density, rank] = [buffers['density']!.dataSync<'float32'>(), buffers['rank']!.dataSync<'float32'>()];
  const shares = zipfShares(density.length, { exponent: config.zipfExponent, shift: config.zipfShift });
  const enough = config.k * config.dyingBelow;
  return density.map((value, latent) => (enough === 0 ? 0 : Math.max(0, 1 - value / (enough * shares[rank[latent]!]!))));
}

/** Share of latents that are dying. */
export function dyingShare(buffers: Weights, config: ChoiceConfig): number {
  const weights = dyingWeights(buffers, config);
  return weights.reduce((count, weight) => count + Number(weight > 0), 0) / weights.length;
}

/**
 * The loss of latents that were chosen from u: the error over the variance, and aux_zipf_loss, the error reconstructed from the `auxK` largest
 * pre-activations of dying latents, each times its weight: |e - e'|^2 / |e - mean(e)|^2. With weights 1 for dead latents and 0 for all others
 * that is the auxiliary loss of TopK.
 *
 * @param u pre-activations, float32 [rows, dSae]
 * @param latents chosen from them, float32 [rows, dSae]
 */
export function choiceLoss(weights: Weights, x: Tensor2D, u: Tensor2D, latents: Tensor2D, config: ChoiceConfig, variance: number): LossResult {
  const reconstruction = decodeLinear(weights, latents);
  const wanted = dyingWeights(weights, config);
  const dying = wanted.some((weight) => weight > 0) ? tf.tensor1d(wanted) : null;
  const auxK = config.auxK ?? Math.floor(x.shape[1] / 2);
  const auxLoss = auxiliaryLoss(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxK, dying);
  const loss = tf.add(tf.div(meanSquaredError(x, reconstruction), variance), tf.mul(auxLoss, config.auxCoefficient)) as Scalar;
  return { loss, auxLoss, latents, reconstruction };
}
