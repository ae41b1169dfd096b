/**
 * Crosscoder: one set of latents for several hooks, or for two models, that see the same tokens (Lindsey et al. 2024, "Sparse Crosscoders",
 * Transformer Circuits Thread). f = s(sum_m x^m wEnc^m + bEnc), x'^m = f wDec^m + bDec^m; x holds the sources side by side, and so do the
 * rows of wEnc and wDec float32 [dSae, sources * d].
 *
 * relu is trained with lambda sum_j f_j sum_m |d_j^m|: a sum of norms, since the joint norm would favour shared features. batch-topk selects by
 * f_j sum_m |d_j^m| over the batch and has no L1, whose shrinkage makes shared features look as if they belonged to one source (Minder et al. 2025,
 * arXiv 2504.02922).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { batchTopKDense } from '../../ops/choice.ts';
import { defineVariant } from '../definition.ts';
import type { Batch, InitContext, LossContext, LossResult, Weights } from '../definition.ts';
import { kProblems, l1Fields, thresholdFields, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, encoderProduct, meanSquaredError, rowNorms, unitRows, warmUp } from '../parts.ts';
import { aboveThreshold, movedThreshold, thresholdBuffers } from '../running-threshold.ts';

const config = z.strictObject({
  activation: z.enum(['relu', 'batch-topk']).default('relu')
    .describe('relu is trained with an L1 penalty weighted by decoder norms; batch-topk keeps k latents a token and uses the fields k to thresholdDecay'),
  ...l1Fields,
  ...topKFields,
  ...thresholdFields,
  decoderNorm: z.number().positive().max(10).default(0.1).describe("Norm of a decoder row's part of each source at the start (published: 0.08 to 0.1)").meta({ unit: '1' }),
});

type Config = z.infer<typeof config>;

/** Decoder rows whose parts all have norm `decoderNorm`, the encoder equal to the decoder, biases 0. */
function init({ decoderNorm }: Config, { dIn, dSae, sources, random }: InitContext): Weights {
  const rows = unitRows(random.normals(dSae * dIn), dSae * sources, dIn / sources).map((value) => value * decoderNorm);
  return { wEnc: tf.tensor2d(rows, [dSae, dIn]), wDec: tf.tensor2d(rows, [dSae, dIn]), bEnc: tf.zeros([dSae]), bDec: tf.zeros([dIn]) };
}

/** sum_m |d_j^m|, float32 [dSae], from wDec float32 [dSae, sources * d]. */
function summedNorms(wDec: Tensor2D, sources: number): Tensor1D {
  const [dSae, width] = wDec.shape;
  return tf.sum(tf.reshape(rowNorms(tf.reshape(wDec, [dSae * sources, width / sources])), [dSae, sources]), 1);
}

/** batch-topk: f where f_j sum_m |d_j^m| is over the running threshold; relu: f. x float32 [rows, sources * d] -> float32 [rows, dSae]. */
function encode(weights: Weights, x: Tensor2D, { activation }: Config): Tensor2D {
  const f = tf.relu(encoderProduct(weights, x));
  if (activation === 'relu') return f;
  const norms = summedNorms(weights['wDec'] as Tensor2D, weights['sources']!.dataSync()[0]!);
  const kept = aboveThreshold(tf.mul(f, norms), weights['threshold']!);
  return tf.mul(f, tf.cast(tf.greater(kept, 0), 'float32'));
}

function loss(weights: Weights, { x }: Batch, own: Config, context: LossContext): LossResult {
  const u = encoderProduct(weights, x);
  const wDec = weights['wDec'] as Tensor2D;
  const weighted = tf.mul(tf.relu(u), summedNorms(wDec, context.sources)) as Tensor2D;
  return own.activation === 'relu' ? penalised(weights, x, u, weighted, own, context) : selected(weights, x, u, weighted, own, context);
}

/** u and weighted float32 [rows, dSae]. */
function penalised(weights: Weights, x: Tensor2D, u: Tensor2D, weighted: Tensor2D, { l1Coefficient, sparsityWarmup }: Config, context: LossContext): LossResult {
  const latents = tf.relu(u);
  const reconstruction = decodeLinear(weights, latents);
  const penalty = tf.div(tf.sum(weighted), x.shape[0]) as Scalar;
  const total = tf.add(meanSquaredError(x, reconstruction), tf.mul(penalty, l1Coefficient * warmUp(context, sparsityWarmup))) as Scalar;
  return { loss: total, auxLoss: penalty, latents, reconstruction };
}

/** u and weighted float32 [rows, dSae]. Values are divided by the norms that chose them again, so that no gradient reaches the norms. */
function selected(weights: Weights, x: Tensor2D, u: Tensor2D, weighted: Tensor2D, { k, auxK, auxCoefficient }: Config, { variance, dead, sources }: LossContext): LossResult {
  const latents = tf.div(batchTopKDense(weighted, k * x.shape[0]), summedNorms(weights['wDec'] as Tensor2D, sources)) as Tensor2D;
  const reconstruction = decodeLinear(weights, latents);
  const auxLoss = auxiliaryLoss(weights['wDec'] as Tensor2D, u, tf.sub(x, reconstruction), auxCoefficient === 0 ? 0 : auxK, dead);
  const total = tf.add(tf.div(meanSquaredError(x, reconstruction), variance), tf.mul(auxLoss, auxCoefficient)) as Scalar;
  return { loss: total, auxLoss, latents, reconstruction };
}

export const crosscoder = defineVariant({
  id: 'crosscoder',
  title: 'Crosscoder',
  summary: 'One set of latents for several hooks, or for two models, that see the same tokens.',
  paper: 'Lindsey, Templeton, Marcus, Conerly, Batson & Olah 2024, Sparse Crosscoders (Transformer Circuits Thread)',
  data: 'sources',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'rotations', fields: { activation: 'batch-topk' } },
  config,
  check: ({ activation, k }, { dSae }) => (activation === 'batch-topk' ? kProblems(k, dSae) : []),
  init,
  // `sources` is kept with the weights: the saved dictionary has no other place that says where a row's parts end.
  buffers: ({ activation }, { sources }) => (activation === 'batch-topk' ? { ...thresholdBuffers(), sources: tf.tensor1d([sources]) } : {}),
  encode,
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss,
  afterStep: (weights, _batch, { latents }, { activation, thresholdDecay }, { sources }) => {
    if (activation === 'relu') return {};
    return movedThreshold(weights, tf.mul(latents, summedNorms(weights['wDec'] as Tensor2D, sources)), thresholdDecay);
  },
  unitDecoder: false,
  centresInput: false,
  inference: () => ({ kind: 'own' }),
});
