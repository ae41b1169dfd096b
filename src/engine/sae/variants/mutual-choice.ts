/**
 * Mutual Choice: the k B largest affinities of a batch of B tokens, whichever tokens and latents they match (Ayonrinde 2024, arXiv 2411.02124).
 * The operator is that of BatchTopK; what differs is aux_zipf_loss, which trains dying latents and not only dead ones, and a slower threshold.
 */
import { z } from 'zod';
import { batchTopKDense } from '../../ops/choice.ts';
import { defineVariant } from '../definition.ts';
import { kProblems } from '../fields.ts';
import { decodeLinear, preActivations, tiedUnitInit } from '../parts.ts';
import { aboveThreshold, movedThreshold, thresholdBuffers, thresholdOfEach } from '../running-threshold.ts';
import { choiceFields, choiceLoss, densityBuffers, dyingShare, movedDensities } from '../zipf.ts';

export const mutualChoice = defineVariant({
  id: 'mutual-choice',
  title: 'Mutual Choice',
  summary: 'Tokens and latents choose each other: the largest matches of a whole batch, and an auxiliary loss for latents that are used too little.',
  paper: 'Ayonrinde 2024, arXiv 2411.02124',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config: z.strictObject(choiceFields),
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  buffers: (_config, { dSae }) => ({ ...thresholdBuffers(), ...densityBuffers(dSae) }),
  encode: (weights, x) => aboveThreshold(preActivations(weights, x), weights['threshold']!),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, config, { variance }) => {
    const u = preActivations(weights, x);
    return choiceLoss(weights, x, u, batchTopKDense(u, config.k * x.shape[0]), config, variance);
  },
  afterStep: (weights, _batch, { latents }, { thresholdDecay }, { step }) =>
    ({ ...movedThreshold(weights, latents, thresholdDecay), ...movedDensities(weights, latents, step) }),
  diagnose: (weights, _result, config) => ({ threshold: weights['threshold']!.dataSync()[0]!, dying: dyingShare(weights, config) }),
  unitDecoder: true,
  centresInput: true,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: thresholdOfEach(weights) }),
});
