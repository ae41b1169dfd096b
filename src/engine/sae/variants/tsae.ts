/** Threshold SAE of the Atoms theory: JumpReLU in whitened coordinates, where the atomic inner product is Euclid's (arXiv 2509.20784 [2nd]). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { inWindow, jumpRelu, stepAbove } from '../../ops/jump-relu.ts';
import { normaliseRows } from '../../ops/row-update.ts';
import { defaultWhitening, matrixTensor, secondMoment, whitening } from '../atoms/whitening.ts';
import { defineVariant } from '../definition.ts';
import type { InitContext, Weights } from '../definition.ts';
import { sparsityWarmup } from '../fields.ts';
import { meanSquaredError, tiedUnitInit, warmUp } from '../parts.ts';
import { aboveThreshold } from '../running-threshold.ts';

const config = z.strictObject({
  targetL0: z.number().positive().max(1e6).default(20).describe('Latents a token that the penalty aims at').meta({ unit: 'latents' }),
  sparsityCoefficient: z.number().min(0).max(1e6).default(1)
    .describe('Weight of the squared relative miss of that aim, beside the squared error of whitened activations of mean square 1').meta({ unit: '1' }),
  sparsityWarmup,
  threshold: z.number().positive().max(100).default(1e-3).describe('Threshold of every latent at the start').meta({ unit: 'activation' }),
  bandwidth: z.number().positive().max(100).default(1e-3).describe('Width of the window around a threshold whose entries give its gradient').meta({ unit: 'activation' }),
  ridge: z.number().min(0).max(1).default(defaultWhitening.ridge).describe('Added to the variance of every direction before whitening, as a share of their mean').meta({ unit: 'share' }),
  varianceKept: z.number().positive().max(1).default(defaultWhitening.varianceKept)
    .describe('Directions of least variance are left out, so that this share of it is kept: whitening would inflate their noise').meta({ unit: 'share' }),
});

/** The whitening of the sampled activations, so that whitened rows have mean square 1; and its inverse. float32 [dIn, dIn] each. */
function whiteningTensors({ ridge, varianceKept }: z.infer<typeof config>, { sample, dIn }: InitContext): Weights {
  const { whiten, unwhiten, rank } = whitening(secondMoment(sample, dIn), dIn, { ridge, varianceKept });
  const root = Math.sqrt(rank);
  return { whiten: tf.div(matrixTensor(whiten, dIn), root), unwhiten: tf.mul(matrixTensor(unwhiten, dIn), root) };
}

/** Encoder and decoder for activations that are not whitened, float32 [dSae, dIn]: what is saved. */
function plainWeights({ encoder, atoms, whiten, unwhiten }: Weights): Weights {
  return { wEnc: tf.matMul(encoder as Tensor2D, whiten as Tensor2D), wDec: tf.matMul(atoms as Tensor2D, unwhiten as Tensor2D) };
}

/**
 * Trained by the JumpReLU recipe on whitened x, without biases (the theory has b = 0; the second moment is uncentred). The atoms' norm is 1 in the
 * atomic product. wEnc and wDec are kept beside them, so that the saved dictionary is a plain JumpReLU on activations as they come.
 */
export const tsae = defineVariant({
  id: 'tsae',
  title: 'Threshold SAE',
  summary: 'JumpReLU on whitened activations, without biases: similarity of latents is measured by the atomic inner product.',
  paper: 'Atoms theory, arXiv 2509.20784',
  data: 'activations',
  scaling: 'unit-norm',
  signed: false,
  synthetic: { task: 'syn', fields: { targetL0: 3, threshold: 0.05, bandwidth: 0.1 } },
  config,
  check: () => [],
  init: ({ threshold }, context) => {
    const { wDec } = tiedUnitInit(context);
    return { encoder: wDec!.clone(), atoms: wDec!, threshold: tf.fill([context.dSae], threshold) };
  },
  buffers: (own, context) => {
    const nothing = tf.zeros([context.dSae, context.dIn]);
    return { ...whiteningTensors(own, context), wEnc: nothing, wDec: nothing.clone() };
  },
  encode: (weights, x) => aboveThreshold(tf.matMul(x, weights['wEnc'] as Tensor2D, false, true), weights['threshold']!),
  decode: (weights, latents) => tf.matMul(latents, weights['wDec'] as Tensor2D),
  loss: (weights, { x }, own, context) => {
    const threshold = weights['threshold'] as Tensor1D;
    const whitened = tf.matMul(x, weights['whiten'] as Tensor2D) as Tensor2D;
    const u = tf.matMul(whitened, weights['encoder'] as Tensor2D, false, true) as Tensor2D;
    const latents = jumpRelu(u, threshold, own.bandwidth);
    const rebuilt = tf.matMul(latents, weights['atoms'] as Tensor2D) as Tensor2D;
    const l0 = tf.div(tf.sum(stepAbove(u, threshold, own.bandwidth)), x.shape[0]);
    const penalty = tf.square(tf.sub(tf.div(l0, own.targetL0), 1)) as Scalar;
    const loss = tf.add(meanSquaredError(whitened, rebuilt), tf.mul(penalty, own.sparsityCoefficient * warmUp(context, own.sparsityWarmup))) as Scalar;
    return { loss, auxLoss: penalty, latents, reconstruction: tf.matMul(rebuilt, weights['unwhiten'] as Tensor2D), preActivations: u };
  },
  afterStep: (weights) => {
    const changed: Weights = { atoms: normaliseRows(weights['atoms'] as Tensor2D), threshold: tf.maximum(weights['threshold']!, 0) };
    return { ...changed, ...plainWeights({ ...weights, ...changed }) };
  },
  diagnose: (weights, { preActivations }, { bandwidth }) => {
    const mean = (tensor: Tensor): number => tf.mean(tensor).dataSync()[0]!;
    return { windowShare: mean(inWindow(preActivations!, weights['threshold'] as Tensor1D, bandwidth)), threshold: mean(weights['threshold']!) };
  },
  unitDecoder: false,
  centresInput: false,
  inference: (_config, weights) => ({ kind: 'jumprelu', threshold: weights['threshold']!.dataSync() as Float32Array }),
  defaults: { lr: 7e-5, beta1: 0, clip: 1 },
});
