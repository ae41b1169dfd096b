/** TopK with the auxiliary loss for dead latents (Gao et al. 2024, arXiv 2406.04093). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { decodeLinear, normalisedError, preActivations, stopGradient, tiedUnitInit } from '../parts.ts';

const config = z.strictObject({
  k: z.int().min(1).max(100_000).default(32).describe('Latents kept for each token').meta({ unit: 'latents' }),
  auxK: z.int().min(0).max(100_000).default(512)
    .describe('Dead latents that the auxiliary loss uses for each token; 0 turns it off').meta({ unit: 'latents' }),
  auxCoefficient: z.number().min(0).max(10).default(1 / 32).describe('Weight of the auxiliary loss').meta({ unit: '1' }),
});

/**
 * Reconstructs the error from the k_aux largest dead pre-activations, decoded without bias (eq. 7 and appendix A.2):
 * |e - e'|^2 / |e - mean(e)|^2, where e has no gradient. u float32 [rows, dSae], error = x - reconstruction [rows, dIn].
 */
function auxiliaryLoss(parameters: Weights, u: Tensor2D, error: Tensor2D, auxK: number, dead: Tensor1D): Scalar {
  const kept = topKDense(tf.mul(tf.relu(u), dead) as Tensor2D, Math.min(auxK, u.shape[1]));
  return normalisedError(stopGradient(error), tf.matMul(kept, parameters['wDec'] as Tensor2D));
}

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
  check: ({ k }, { dSae }) => (k <= dSae ? [] : [`k is ${k}, dSae is ${dSae}: choose k <= dSae`]),
  init: (_config, context) => tiedUnitInit(context),
  encode: (parameters, x, { k }) => topKDense(preActivations(parameters, x), k),
  decode: (parameters, latents) => decodeLinear(parameters, latents),
  loss: (parameters, { x }, { k, auxK, auxCoefficient }, context) => {
    const u = preActivations(parameters, x);
    const latents = topKDense(u, k);
    const reconstruction = decodeLinear(parameters, latents);
    const main = tf.div(tf.sum(tf.squaredDifference(x, reconstruction)), x.shape[0] * context.variance);
    const useAux = context.dead !== null && auxK > 0 && auxCoefficient > 0;
    const auxLoss = useAux ? auxiliaryLoss(parameters, u, tf.sub(x, reconstruction), auxK, context.dead!) : tf.scalar(0);
    const loss = tf.add(main, tf.mul(auxLoss, auxCoefficient)) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: true,
  inference: ({ k }) => ({ kind: 'topk', k }),
  fused: ({ k, auxK, auxCoefficient }) => ({ kind: 'topk', k, auxK, auxCoefficient }),
  // As released with the paper: the loss is normalised, so gradients are small.
  defaults: { epsilon: 6.25e-10 },
});
