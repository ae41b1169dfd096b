/** ReLU with an L1 penalty weighted by decoder norms, free decoder rows and no pre-encoder bias (Conerly et al. 2024, "April update"). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineVariant } from '../definition.ts';
import { l1Fields } from '../fields.ts';
import { decodeLinear, encoderProduct, meanSquaredError, rowNorms, tiedFreeInit, warmUp } from '../parts.ts';

const config = z.strictObject({
  ...l1Fields,
  decoderNorm: z.number().positive().max(10).default(0.1).describe('Norm of each decoder row at the start (published: 0.05 to 1)').meta({ unit: '1' }),
});

export const reluApril = defineVariant({
  id: 'relu-april',
  title: 'ReLU + L1 (April 2024)',
  summary: 'ReLU latents with an L1 penalty weighted by decoder norms; decoder rows are free.',
  paper: 'Conerly, Templeton, Bricken, Marcus & Henighan 2024, Circuits Updates April 2024 (Transformer Circuits Thread)',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config,
  check: () => [],
  init: ({ decoderNorm }, context) => tiedFreeInit(context, decoderNorm),
  encode: (weights, x) => tf.relu(encoderProduct(weights, x)),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, { l1Coefficient, sparsityWarmup }, context) => {
    const latents = tf.relu(encoderProduct(weights, x));
    const reconstruction = decodeLinear(weights, latents);
    const penalty = tf.div(tf.sum(tf.mul(latents, rowNorms(weights['wDec'] as Tensor2D))), x.shape[0]) as Scalar;
    const loss = tf.add(meanSquaredError(x, reconstruction), tf.mul(penalty, l1Coefficient * warmUp(context, sparsityWarmup))) as Scalar;
    return { loss, auxLoss: penalty, latents, reconstruction };
  },
  unitDecoder: false,
  centresInput: false,
  inference: () => ({ kind: 'relu' }),
  fused: ({ l1Coefficient, sparsityWarmup }) => ({ kind: 'relu', byNorm: true, coefficient: (context) => l1Coefficient * warmUp(context, sparsityWarmup) }),
  defaults: { lr: 5e-5, clip: 1 },
});
