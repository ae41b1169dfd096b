/** BatchTopK: the k B largest latents of a batch together (Bussmann et al. 2024, arXiv 2412.06410). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { batchTopKDense } from '../../ops/choice.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { kProblems, thresholdFields, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, meanSquaredError, preActivations, tiedUnitInit } from '../parts.ts';
import { aboveThreshold, movedThreshold, thresholdAfter, thresholdBuffers, thresholdOfEach } from '../running-threshold.ts';

const config = z.strictObject({
  ...topKFields,
  ...thresholdFields,
});

/** The threshold for the log. */
export function thresholdFigure(weights: Weights): Record<string, number> {
  return { threshold: weights['threshold']!.dataSync()[0]! };
}

export const batchTopK = defineVariant({
  id: 'batch-topk',
  title: 'BatchTopK',
  summary: 'Keeps the largest latents of a whole batch, k a token in the mean; single tokens are encoded with a threshold.',
  paper: 'Bussmann et al. 2024, arXiv 2412.06410',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  buffers: () => thresholdBuffers(),
  encode: (weights, x) => aboveThreshold(preActivations(weights, x), weights['threshold']!),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, { k, auxK, auxCoefficient }, { variance, dead }) => {
    const u = preActivations(weights, x);
    const latents = batchTopKDense(u, k * x.shape[0]);
    const reconstruction = decodeLinear(weights, latents);
    const auxLoss = auxiliaryLoss(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxK, dead);
    const loss = tf.add(tf.div(meanSquaredError(x, reconstruction), variance), tf.mul(auxLoss, auxCoefficient)) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  afterStep: (weights, _batch, { latents }, { thresholdDecay }) => movedThreshold(weights, latents, thresholdDecay),
  diagnose: thresholdFigure,
  unitDecoder: true,
  centresInput: true,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: thresholdOfEach(weights) }),
  fused: ({ k, auxK, auxCoefficient, thresholdDecay }, { dSae }) => ({
    kind: 'batch-topk', k, auxK, auxCoefficient, ends: [dSae],
    afterStep: (weights, _x, { smallestKept }) => thresholdAfter(weights, smallestKept, thresholdDecay), diagnose: thresholdFigure,
  }),
});
