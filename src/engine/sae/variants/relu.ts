/** ReLU with an L1 penalty, unit decoder rows and resampling of dead latents (Bricken et al. 2023, "Towards Monosemanticity"). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineVariant } from '../definition.ts';
import type { LossContext, Weights } from '../definition.ts';
import { l1Fields } from '../fields.ts';
import { decodeLinear, meanSquaredError, preActivations, tiedUnitInit, warmUp } from '../parts.ts';
import { resampledLatents, resamplesNow } from '../resampling.ts';

const config = z.strictObject({
  ...l1Fields,
  resamples: z.int().min(0).max(1000).default(4)
    .describe('How often dead latents start anew from badly reconstructed inputs, at equal distances over the first half of the run; 0: never').meta({ unit: 'times' }),
});

/** What resampling changes after this step: nothing, at most steps. x and reconstruction float32 [rows, dIn] */
function resampled(weights: Weights, x: Tensor2D, reconstruction: () => Tensor2D, times: number, context: LossContext): Weights {
  if (context.dead === null || !resamplesNow(context, times)) return {};
  return resampledLatents(weights, x, reconstruction(), context.dead, context.random);
}

export const relu = defineVariant({
  id: 'relu',
  title: 'ReLU + L1',
  summary: 'ReLU latents with an L1 penalty and unit decoder rows; dead latents are resampled.',
  paper: 'Bricken et al. 2023, Towards Monosemanticity (Transformer Circuits Thread)',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn', fields: { l1Coefficient: 2 } },
  config,
  check: () => [],
  init: (_config, context) => tiedUnitInit(context),
  encode: (weights, x) => tf.relu(preActivations(weights, x)),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, { l1Coefficient, sparsityWarmup }, context) => {
    const latents = tf.relu(preActivations(weights, x));
    const reconstruction = decodeLinear(weights, latents);
    const penalty = tf.div(tf.sum(latents), x.shape[0]) as Scalar;
    const loss = tf.add(meanSquaredError(x, reconstruction), tf.mul(penalty, l1Coefficient * warmUp(context, sparsityWarmup))) as Scalar;
    return { loss, auxLoss: penalty, latents, reconstruction };
  },
  afterStep: (weights, { x }, { reconstruction }, { resamples }, context) => resampled(weights, x, () => reconstruction, resamples, context),
  unitDecoder: true,
  centresInput: true,
  inference: () => ({ kind: 'relu' }),
  fused: ({ l1Coefficient, sparsityWarmup, resamples }) => ({
    kind: 'relu', byNorm: false, coefficient: (context) => l1Coefficient * warmUp(context, sparsityWarmup),
    afterStep: (weights, x, { reconstruction }, context) => resampled(weights, x, reconstruction, resamples, context),
  }),
});
