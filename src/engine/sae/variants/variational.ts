/**
 * vSAE: a TopK dictionary whose latents are drawn from a Gaussian posterior N(mu(x), 1) while it is trained, with the KL divergence to N(0, 1) as a
 * penalty (arXiv 2509.22994). The paper's result is negative: it loses to TopK on the core metrics.
 *
 * mu = ReLU(u); the k largest mu are kept, with sampled values [our choice: where TopK applies was not found]. The KL is paid by all latents.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { topKDense } from '../../ops/top-k.ts';
import type { Random } from '../../random.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { kProblems, topKFields } from '../fields.ts';
import { decodeLinear, meanSquaredError, preActivations, tiedUnitInit, warmUp } from '../parts.ts';

const config = z.strictObject({
  k: topKFields.k,
  beta: z.number().min(0).max(1000).default(0.1)
    .describe('Weight of the KL divergence, beside the squared error of x of mean norm sqrt(dIn); try 0.01, 0.1 and 1').meta({ unit: '1' }),
  annealShare: z.number().min(0).max(1).default(0.2).describe('First part of the run over which beta rises from 0').meta({ unit: 'share' }),
  learnedVariance: z.boolean().default(false).describe('The variance of the posterior is learned; otherwise it is 1'),
});

/** log sigma^2 of each latent, float32 [rows, dSae]; null where sigma is 1. */
function logVariance(weights: Weights, x: Tensor2D): Tensor2D | null {
  const wVar = weights['wVar'] as Tensor2D | undefined;
  if (wVar === undefined) return null;
  return tf.add(tf.matMul(tf.sub(x, weights['bDec']!) as Tensor2D, wVar, false, true), weights['bVar']!);
}

/** Normal noise where latents float32 [rows, dSae] are kept, 0 elsewhere: only what is used is drawn. */
function noise(latents: Tensor2D, random: Random): Tensor2D {
  const kept = latents.dataSync();
  return tf.tensor2d(Float32Array.from(kept, (value) => (value > 0 ? random.normal() : 0)), latents.shape);
}

/** KL(N(mu, sigma^2) || N(0, 1)), summed over latents, mean over rows, float32 []. mu and log sigma^2 float32 [rows, dSae]; null: sigma is 1. */
export function gaussianKl(mu: Tensor2D, logSigma2: Tensor2D | null): Scalar {
  const spread: Tensor = logSigma2 === null ? tf.scalar(0) : tf.sub(tf.sub(tf.exp(logSigma2), 1), logSigma2);
  return tf.mul(tf.mean(tf.sum(tf.add(tf.square(mu), spread), 1)), 0.5) as Scalar;
}

export const variational = defineVariant({
  id: 'variational',
  title: 'Variational',
  summary: 'TopK with latents drawn from a Gaussian around their value while training, kept near a standard normal; without noise once trained.',
  paper: 'vSAE, arXiv 2509.22994',
  data: 'activations',
  // noise of deviation 1 must be compared with the scale of activations
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn' },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: ({ learnedVariance }, context) => {
    const { dIn, dSae } = context;
    return { ...tiedUnitInit(context), ...(learnedVariance ? { wVar: tf.zeros([dSae, dIn]), bVar: tf.zeros([dSae]) } : {}) };
  },
  encode: (weights, x, { k }) => topKDense(preActivations(weights, x), k),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, { k, beta, annealShare }, context) => {
    const u = preActivations(weights, x);
    const means = topKDense(u, k);
    const logSigma2 = logVariance(weights, x);
    const drawn = noise(means, context.random);
    const latents = tf.add(means, logSigma2 === null ? drawn : tf.mul(drawn, tf.exp(tf.div(logSigma2, 2)))) as Tensor2D;
    const reconstruction = decodeLinear(weights, latents);
    const auxLoss = gaussianKl(tf.relu(u), logSigma2);
    const weight = beta * warmUp(context, annealShare);
    return { loss: tf.add(meanSquaredError(x, reconstruction), tf.mul(auxLoss, weight)) as Scalar, auxLoss, latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: true,
  inference: ({ k }) => ({ kind: 'topk', k }),
});
