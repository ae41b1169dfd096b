/**
 * AbsTopK and the unrolled proximal family (arXiv 2510.00404): an encoder is a step of proximal gradient descent on a sparsity penalty, and that of
 * "at most k entries, of either sign" keeps the k latents of largest magnitude. A latent has two poles.
 *
 * Whether the paper uses an auxiliary loss and unit rows was not found: unit rows, auxiliary loss on magnitudes, pre-encoder bias [our choice].
 * With `l0` and `l1` and no further steps the encoder's bias can undo lambda: those are ReLU and JumpReLU without control of L0.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { absTopKDense } from '../../ops/abs-top-k.ts';
import { defineVariant } from '../definition.ts';
import type { InferenceForm, Weights } from '../definition.ts';
import { kProblems, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, meanSquaredError, normalisedError, preActivations, stopGradient, tiedUnitInit } from '../parts.ts';
import { l0Threshold, penalties, penaltyOf, prox, proximalSteps } from '../prox.ts';

const config = z.strictObject({
  ...topKFields,
  penalty: z.enum(penalties).default('abs-topk')
    .describe('What makes codes sparse: at most k latents of either sign, at most k positive ones, lambda a positive latent, or lambda times their sum'),
  lambda: z.number().min(0).max(1e6).default(0.5).describe('Weight of the penalties l0 and l1, beside half the squared error').meta({ unit: '1' }),
  extraSteps: z.int().min(0).max(100).default(0)
    .describe('Proximal gradient steps with the decoder after the encoder; more than 0 saves a dictionary that only Loupe computes').meta({ unit: 'steps' }),
});
type Config = z.infer<typeof config>;

/** Codes of pre-activations u float32 [rows, dSae] of x [rows, dIn]. */
function codes(weights: Weights, u: Tensor2D, x: Tensor2D, own: Config): Tensor2D {
  return proximalSteps(prox(u, own), tf.sub(x, weights['bDec']!) as Tensor2D, weights['wDec'] as Tensor2D, own, own.extraSteps);
}

/** The auxiliary loss of TopK, with the dead latents of largest magnitude. Shapes as `auxiliaryLoss`. */
function signedAuxiliaryLoss(wDec: Tensor2D, u: Tensor2D, error: Tensor2D, auxK: number, dead: Tensor1D | null): Scalar {
  if (dead === null || auxK === 0) return tf.scalar(0);
  const kept = absTopKDense(tf.mul(u, dead) as Tensor2D, Math.min(auxK, u.shape[1]));
  return normalisedError(stopGradient(error), tf.matMul(kept, wDec));
}

/** Share of the latents that fired in this batch which fired with both signs. latents float32 [rows, dSae]. */
function twoSided(latents: Tensor2D): number {
  const [up, down] = [tf.any(tf.greater(latents, 0), 0), tf.any(tf.less(latents, 0), 0)];
  const count = (mask: tf.Tensor): number => tf.sum(tf.cast(mask, 'float32')).dataSync()[0]!;
  return count(tf.logicalAnd(up, down)) / Math.max(1, count(tf.logicalOr(up, down)));
}

function form({ penalty, k, lambda, extraSteps }: Config, weights: Weights): InferenceForm {
  // a shift of u would have to go into the encoder's bias, which a form does not change
  if (extraSteps > 0 || penalty === 'l1') return { kind: 'own' };
  if (penalty === 'l0') return { kind: 'jumprelu', threshold: new Float32Array(weights['wEnc']!.shape[0]!).fill(l0Threshold(lambda)) };
  return { kind: penalty, k };
}

export const absTopK = defineVariant({
  id: 'abs-topk',
  title: 'AbsTopK',
  summary: 'Keeps the k latents of largest magnitude with their signs, so that one latent holds two opposite concepts; optional unrolled proximal steps.',
  paper: 'AbsTopK, arXiv 2510.00404',
  data: 'activations',
  scaling: 'root-d',
  signed: true,
  synthetic: { task: 'syn-signed' },
  config,
  check: ({ k }, { dSae }) => kProblems(k, dSae),
  init: (_config, context) => tiedUnitInit(context),
  encode: (weights, x, own) => codes(weights, preActivations(weights, x), x, own),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, own, { variance, dead }) => {
    const u = preActivations(weights, x);
    const latents = codes(weights, u, x, own);
    const reconstruction = decodeLinear(weights, latents);
    const auxiliary = own.penalty === 'abs-topk' ? signedAuxiliaryLoss : auxiliaryLoss;
    const auxLoss = auxiliary(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), own.auxK, dead);
    // twice the framework's objective, so that the error stands beside the variance as in TopK
    const objective = tf.add(meanSquaredError(x, reconstruction), tf.mul(penaltyOf(latents, own), 2));
    return { loss: tf.add(tf.div(objective, variance), tf.mul(auxLoss, own.auxCoefficient)) as Scalar, auxLoss, latents, reconstruction };
  },
  diagnose: (_weights, { latents }) => ({ twoSided: twoSided(latents) }),
  unitDecoder: true,
  centresInput: true,
  inference: form,
  // As TopK: the loss is normalised, so gradients are small.
  defaults: { epsilon: 6.25e-10 },
});
