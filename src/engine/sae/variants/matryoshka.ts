/** Matryoshka BatchTopK: every prefix of the dictionary reconstructs on its own (Bussmann et al. 2025, arXiv 2503.17547). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { batchTopKDense } from '../../ops/choice.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { kProblems, thresholdFields, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, meanSquaredError, pieces, preActivations, tiedUnitInit } from '../parts.ts';
import { aboveThreshold, movedThreshold, thresholdAfter, thresholdBuffers, thresholdOfEach } from '../running-threshold.ts';
import { thresholdFigure } from './batch-topk.ts';

const config = z.strictObject({
  ...topKFields,
  groups: z.array(z.number().positive().max(1)).min(1).max(64).default([1 / 32, 1 / 16, 1 / 8, 1 / 4, 17 / 32])
    .describe('Groups of latents, as shares of dSae that sum to 1: the first group reconstructs alone, then the first two together, and so on').meta({ unit: 'share' }),
  ...thresholdFields,
});

/** Latents of each group: shares of dSae, boundaries rounded to whole latents, so that they sum to dSae. */
export function groupSizes(groups: readonly number[], dSae: number): number[] {
  let share = 0;
  const ends = groups.map((group) => Math.round((share += group) * dSae));
  ends[ends.length - 1] = dSae;
  return ends.map((end, g) => end - (ends[g - 1] ?? 0));
}

/** Where each group ends, as `groupSizes` cuts them. */
function groupEnds(groups: readonly number[], dSae: number): number[] {
  let end = 0;
  return groupSizes(groups, dSae).map((size) => (end += size));
}

/**
 * Reconstructions of all prefixes, float32 [rows, dIn] each, the whole dictionary last: group g adds its part to the one before.
 * latents float32 [rows, dSae], sizes as `groupSizes` gives them.
 */
export function prefixReconstructions(weights: Weights, latents: Tensor2D, sizes: readonly number[]): Tensor2D[] {
  const wDec = pieces(weights['wDec'] as Tensor2D, sizes, 0);
  let sum = weights['bDec'] as Tensor2D;
  return pieces(latents, sizes, 1).map((part, g) => (sum = tf.add(sum, tf.matMul(part, wDec[g]!))));
}

function groupProblems(groups: readonly number[], dSae: number): string[] {
  const sum = groups.reduce((total, group) => total + group, 0);
  if (Math.abs(sum - 1) > 1e-6) return [`groups sum to ${sum}: choose shares of dSae that sum to 1`];
  const empty = groupSizes(groups, dSae).findIndex((size) => size < 1);
  return empty < 0 ? [] : [`groups[${empty}] is ${groups[empty]}, of dSae ${dSae} that is no latent: choose fewer or larger groups`];
}

export const matryoshka = defineVariant({
  id: 'matryoshka',
  title: 'Matryoshka BatchTopK',
  summary: 'Nested dictionaries: the first latents reconstruct on their own, the following ones add detail; BatchTopK over all.',
  paper: 'Bussmann et al. 2025, arXiv 2503.17547',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config,
  check: ({ k, groups }, { dSae }) => [...kProblems(k, dSae), ...groupProblems(groups, dSae)],
  init: (_config, context) => tiedUnitInit(context),
  buffers: () => thresholdBuffers(),
  encode: (weights, x) => aboveThreshold(preActivations(weights, x), weights['threshold']!),
  decode: (weights, latents) => decodeLinear(weights, latents),
  // Each group counts with weight 1, as in the paper and SAELens; dictionary_learning divides by the number of groups twice.
  loss: (weights, { x }, { k, groups, auxK, auxCoefficient }, { variance, dead, dSae }) => {
    const u = preActivations(weights, x);
    const latents = batchTopKDense(u, k * x.shape[0]);
    const prefixes = prefixReconstructions(weights, latents, groupSizes(groups, dSae));
    const reconstruction = prefixes.at(-1)!;
    const errors = tf.addN(prefixes.map((prefix) => meanSquaredError(x, prefix)));
    const auxLoss = auxiliaryLoss(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxK, dead);
    const loss = tf.add(tf.div(errors, variance), tf.mul(auxLoss, auxCoefficient)) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  afterStep: (weights, _batch, { latents }, { thresholdDecay }) => movedThreshold(weights, latents, thresholdDecay),
  diagnose: thresholdFigure,
  unitDecoder: true,
  centresInput: true,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: thresholdOfEach(weights) }),
  fused: ({ k, groups, auxK, auxCoefficient, thresholdDecay }, { dSae }) => ({
    kind: 'batch-topk', k, auxK, auxCoefficient, ends: groupEnds(groups, dSae),
    afterStep: (weights, _x, { smallestKept }) => thresholdAfter(weights, smallestKept, thresholdDecay), diagnose: thresholdFigure,
  }),
});
