/**
 * Transcoder: predicts another hook, such as the output of an MLP from its input, through sparse latents (Dunefsky et al. 2024,
 * arXiv 2406.11944): f = s(x wEnc^T + bEnc), y' = f wDec + bDec.
 *
 * bDec is of the target's space and is never taken from x. The decoder starts at 0 and bDec at the mean of the targets (sparsify), so that
 * training starts from the best constant; encoder rows are random of norm 1 [our choice: sparsify draws them uniformly, of norm 0.58].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { batchTopKDense } from '../../ops/choice.ts';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import type { Batch, InferenceForm, LossContext, LossResult, Weights } from '../definition.ts';
import { kProblems, l1Fields, thresholdFields, topKFields } from '../fields.ts';
import { auxiliaryLoss, decodeLinear, encoderProduct, meanSquaredError, rowNorms, unitRows, warmUp } from '../parts.ts';
import { aboveThreshold, movedThreshold, thresholdBuffers, thresholdOfEach } from '../running-threshold.ts';

const config = z.strictObject({
  activation: z.enum(['topk', 'batch-topk', 'relu', 'identity']).default('topk')
    .describe('topk and batch-topk keep k latents and use the fields k to thresholdDecay; relu is trained with an L1 penalty; identity is a linear map, as a control'),
  ...topKFields,
  ...thresholdFields,
  ...l1Fields,
});

type Config = z.infer<typeof config>;

function trainingLatents(u: Tensor2D, { activation, k }: Config): Tensor2D {
  switch (activation) {
    case 'topk': return topKDense(u, k);
    case 'batch-topk': return batchTopKDense(u, k * u.shape[0]);
    case 'relu': return tf.relu(u);
    case 'identity': return u;
  }
}

function encode(weights: Weights, x: Tensor2D, own: Config): Tensor2D {
  const u = encoderProduct(weights, x);
  return own.activation === 'batch-topk' ? aboveThreshold(u, weights['threshold']!) : trainingLatents(u, own);
}

/** With the skip connection where `weights` has one: latents float32 [rows, dSae], x float32 [rows, dIn] -> float32 [rows, dOut]. */
function decode(weights: Weights, latents: Tensor2D, x: Tensor2D): Tensor2D {
  const decoded = decodeLinear(weights, latents);
  const wSkip = weights['wSkip'] as Tensor2D | undefined;
  return wSkip === undefined ? decoded : tf.add(decoded, tf.matMul(x, wSkip, false, true));
}

/**
 * The error against y float32 [rows, dOut]: summed over dimensions with the norm-weighted L1 for relu (Anthropic, April 2024 update),
 * otherwise as a share of y's variance, with the auxiliary loss where latents are selected (Gao et al. 2024, arXiv 2406.04093).
 */
function loss(weights: Weights, { x, y }: Batch, own: Config, context: LossContext): LossResult {
  const u = encoderProduct(weights, x);
  const latents = trainingLatents(u, own);
  const reconstruction = decode(weights, latents, x);
  const error = meanSquaredError(y, reconstruction);
  const wDec = weights['wDec'] as Tensor2D;
  if (own.activation === 'relu') {
    const penalty = tf.div(tf.sum(tf.mul(latents, rowNorms(wDec))), x.shape[0]) as Scalar;
    const weight = own.l1Coefficient * warmUp(context, own.sparsityWarmup);
    return { loss: tf.add(error, tf.mul(penalty, weight)) as Scalar, auxLoss: penalty, latents, reconstruction };
  }
  const auxK = own.activation === 'identity' || own.auxCoefficient === 0 ? 0 : own.auxK;
  const auxLoss = auxiliaryLoss(wDec, u, tf.sub(y, reconstruction), auxK, context.dead);
  return { loss: tf.add(tf.div(error, context.variance), tf.mul(auxLoss, own.auxCoefficient)) as Scalar, auxLoss, latents, reconstruction };
}

function inference({ activation, k }: Config, weights: Weights): InferenceForm {
  switch (activation) {
    case 'topk': return { kind: 'topk', k };
    case 'batch-topk': return { kind: 'jumprelu', threshold: thresholdOfEach(weights) };
    case 'relu': return { kind: 'relu' };
    case 'identity': return { kind: 'own' };
  }
}

export const transcoder = defineVariant({
  id: 'transcoder',
  title: 'Transcoder',
  summary: 'Predicts another hook, such as the output of an MLP from its input, through sparse latents.',
  paper: 'Dunefsky et al. 2024, arXiv 2406.11944',
  data: 'pairs',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'transcoder' },
  config,
  check: ({ activation, k }, { dSae }) => (activation.endsWith('topk') ? kProblems(k, dSae) : []),
  init: (_config, { dIn, dOut, dSae, random, targetCentre }) => ({
    wEnc: tf.tensor2d(unitRows(random.normals(dSae * dIn), dSae, dIn), [dSae, dIn]),
    bEnc: tf.zeros([dSae]),
    wDec: tf.zeros([dSae, dOut]),
    bDec: tf.tensor1d(targetCentre),
  }),
  buffers: ({ activation }) => (activation === 'batch-topk' ? thresholdBuffers() : {}),
  encode,
  decode: (weights, latents, _config, x) => decode(weights, latents, x),
  loss,
  afterStep: (weights, _batch, { latents }, { activation, thresholdDecay }) => (activation === 'batch-topk' ? movedThreshold(weights, latents, thresholdDecay) : {}),
  unitDecoder: false,
  centresInput: false,
  inference,
});
