/** TopK with the auxiliary loss for dead latents (Gao et al. 2024, arXiv 2406.04093). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import { kProblems, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, meanSquaredError, preActivations, tiedUnitInit } from '../parts.ts';

const config = z.strictObject({ ...topKFields });

export const topk = defineVariant({
  id: 'topk',
  title: 'TopK',
  summary: 'Keeps the k largest latents of each token; dead latents are trained on what is left over.',
  paper: 'Gao et al. 2024, arXiv 2406.04093',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  encode: (parameters, x, { k }) => topKDense(preActivations(parameters, x), k),
  decode: (parameters, latents) => decodeLinear(parameters, latents),
  loss: (parameters, { x }, { k, auxK, auxCoefficient }, context) => {
    const u = preActivations(parameters, x);
    const latents = topKDense(u, k);
    const reconstruction = decodeLinear(parameters, latents);
    const auxLoss = auxiliaryLoss(parameters['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxCoefficient === 0 ? 0 : auxK, context.dead);
    const loss = tf.add(tf.div(meanSquaredError(x, reconstruction), context.variance), tf.mul(auxLoss, auxCoefficient)) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: true,
  inference: ({ k }) => ({ kind: 'topk', k }),
  fused: ({ k, auxK, auxCoefficient }) => ({ kind: 'topk', k, auxK, auxCoefficient }),
  // As released with the paper: the loss is normalised, so gradients are small.
  defaults: { epsilon: 6.25e-10 },
});
