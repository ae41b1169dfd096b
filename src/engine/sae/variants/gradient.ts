/** Gradient SAE: the selection sees how much the model's loss hangs on each latent (Olmo et al. 2024, arXiv 2411.10397). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { kProblems, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, keepWhere, meanSquaredError, preActivations, tiedUnitInit } from '../parts.ts';

const config = z.strictObject({
  ...topKFields,
  beta: z.number().min(0).max(1000).default(1)
    .describe('Weight of the gradient in the selection, where its mean on active latents is 1; 0: plain TopK').meta({ unit: '1' }),
});

/**
 * z = ReLU(u) where the score s = z + beta z |wDec g| is among the k largest of its row, else 0 [2nd: whether the score is rectified was not
 * found; the paper's beta neither]. |wDec g| is scaled to mean 1 over the latents with u > 0 of the batch [our choice]. A row without
 * gradient is plain TopK. The gradient passes to u of the kept entries only, none to wDec or g [our choice].
 *
 * @param u float32 [rows, dSae]
 * @param wDec float32 [dSae, dIn]
 * @param gradient d loss / d x, float32 [rows, dIn]
 */
export function gradientTopK(u: Tensor2D, wDec: Tensor2D, gradient: Tensor2D, k: number, beta: number): Tensor2D {
  return keepWhere(tf.relu(u), (positive) => {
    const score = tf.mul(positive, tf.add(1, tf.mul(beta, attribution(positive, wDec, gradient)))) as Tensor2D;
    return tf.cast(tf.greater(topKDense(score, k), 0), 'float32');
  });
}

/** |wDec g|, mean 1 where `positive` float32 [rows, dSae] is above 0; as it is where that mean is 0. */
function attribution(positive: Tensor2D, wDec: Tensor2D, gradient: Tensor2D): Tensor2D {
  const size = tf.abs(tf.matMul(gradient, wDec, false, true)) as Tensor2D;
  const active = tf.cast(tf.greater(positive, 0), 'float32');
  const [sum, count] = [tf.sum(tf.mul(size, active)).dataSync()[0]!, tf.sum(active).dataSync()[0]!];
  return sum > 0 ? tf.mul(size, count / sum) : size;
}

/** The latents as training selects them, float32 [rows, dSae], with the gradient float32 [rows, dIn] at x float32 [rows, dIn]. */
export function encodeWithGradient(weights: Weights, x: Tensor2D, gradient: Tensor2D, { k, beta }: z.infer<typeof config>): Tensor2D {
  return gradientTopK(preActivations(weights, x), weights['wDec'] as Tensor2D, gradient, k, beta);
}

export const gradientSae = defineVariant({
  id: 'gradient',
  title: 'Gradient SAE',
  summary: "TopK whose selection prefers latents that the model's loss depends on; saved as plain TopK, which needs no backward pass.",
  paper: 'Olmo et al. 2024, arXiv 2411.10397',
  data: 'gradients',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'readout' },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  encode: (weights, x, { k }) => topKDense(preActivations(weights, x), k),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x, gradient }, { k, beta, auxK, auxCoefficient }, { variance, dead }) => {
    if (gradient === null) throw new LoupeError('mismatch', 'the activations come without gradients: harvest them with --gradients');
    const u = preActivations(weights, x);
    const latents = gradientTopK(u, weights['wDec'] as Tensor2D, gradient, k, beta);
    const reconstruction = decodeLinear(weights, latents);
    const auxLoss = auxiliaryLoss(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxK, dead);
    const loss = tf.add(tf.div(meanSquaredError(x, reconstruction), variance), tf.mul(auxLoss, auxCoefficient)) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: true,
  inference: ({ k }) => ({ kind: 'topk', k }),
  defaults: { epsilon: 6.25e-10 },
});
