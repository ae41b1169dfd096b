/**
 * top-AFA: keeps as many latents of each token as make the norm of its code that of the token itself, which it would be if the decoder's rows were
 * orthogonal (Lee et al. 2025, arXiv 2503.24277; defaults of the released code).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { normMatchDense } from '../../ops/norm-match.ts';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import type { InitContext, Weights } from '../definition.ts';
import { topKFields } from '../fields.ts';
import { normaliseInput } from '../inference.ts';
import type { Normalised } from '../inference.ts';
import { decodeLinear, stopGradient, unitRows } from '../parts.ts';

const config = z.strictObject({
  afaCoefficient: z.number().min(0).max(100).default(1 / 32)
    .describe("Weight of the squared difference between the code's norm and the token's, beside the squared error a dimension").meta({ unit: '1' }),
  normOf: z.enum(['input', 'centred']).default('input')
    .describe("The norm that the loss compares the code's with: of the token as in the released code, or less the decoder bias as in the selection"),
  tokenNorm: z.boolean().default(true).describe('Each token less its mean, over its deviation, before encoding; undone on its reconstruction'),
  auxK: topKFields.auxK,
  auxCoefficient: topKFields.auxCoefficient,
});
type Config = z.infer<typeof config>;

function normalised(x: Tensor2D, { tokenNorm }: Config): Normalised {
  return normaliseInput(x, { inputNorm: tokenNorm ? 'layer-norm' : 'none', dIn: x.shape[1] });
}

/** wEnc uniform within sqrt(6 / dSae) (kaiming of [dIn, dSae]), decoder rows in its directions with norm 1, no encoder bias. */
function kaimingInit({ dIn, dSae, random, centre }: InitContext, { tokenNorm }: Config): Weights {
  const bound = Math.sqrt(6 / dSae);
  const wEnc = Float32Array.from({ length: dSae * dIn }, () => (2 * random.uniform() - 1) * bound);
  return {
    wEnc: tf.tensor2d(wEnc, [dSae, dIn]),
    wDec: tf.tensor2d(unitRows(wEnc.slice(), dSae, dIn), [dSae, dIn]),
    // normalised tokens have another centre, near 0
    bDec: tokenNorm ? tf.zeros([dIn]) : tf.tensor1d(centre),
  };
}

/** a = ReLU((x - bDec) wEnc^T) and what is kept of it, float32 [rows, dSae]. x normalised float32 [rows, dIn]. */
function activations(weights: Weights, x: Tensor2D): { readonly a: Tensor2D; readonly latents: Tensor2D } {
  const centred = tf.sub(x, weights['bDec']!) as Tensor2D;
  const a = tf.relu(tf.matMul(centred, weights['wEnc'] as Tensor2D, false, true)) as Tensor2D;
  const norms = tf.norm(weights['wDec']!, 2, 1).dataSync<'float32'>();
  return { a, latents: normMatchDense(a, norms, tf.norm(centred, 2, 1).dataSync<'float32'>()) };
}

/** Mean over tokens of (|f| - |x|)^2, float32 []. The token's norm is a constant. */
function normLoss(weights: Weights, x: Tensor2D, latents: Tensor2D, { normOf }: Config): Scalar {
  const target = tf.norm(normOf === 'input' ? x : tf.sub(x, weights['bDec']!), 2, 1);
  // the gradient of a square root has no value at 0
  const size = tf.sqrt(tf.maximum(tf.sum(tf.square(latents), 1), 1e-30));
  return tf.mean(tf.square(tf.sub(size, stopGradient(target))));
}

/** The error reconstructed from the `auxK` largest activations of dead latents: mean squared difference over tokens and dimensions, float32 []. */
function deadLoss(wDec: Tensor2D, a: Tensor2D, error: Tensor2D, auxK: number, dead: Tensor1D | null): Scalar {
  if (dead === null || auxK === 0) return tf.scalar(0);
  const kept = topKDense(tf.mul(a, dead) as Tensor2D, Math.min(auxK, a.shape[1]));
  return tf.mean(tf.squaredDifference(stopGradient(error), tf.matMul(kept, wDec)));
}

export const topAfa = defineVariant({
  id: 'top-afa',
  title: 'top-AFA',
  summary: "Keeps as many latents of each token as give its code the token's norm; there is no k to choose.",
  paper: 'Lee et al. 2025, arXiv 2503.24277',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  // SYN's samples sum directions: taking their mean off would bend them
  synthetic: { task: 'syn', fields: { tokenNorm: false } },
  config,
  check: () => [],
  init: (own, context) => kaimingInit(context, own),
  encode: (weights, x, own) => activations(weights, normalised(x, own).x).latents,
  decode: (weights, latents, own, x) => normalised(x, own).undo(decodeLinear(weights, latents)),
  loss: (weights, batch, own, { dead }) => {
    const { x, undo } = normalised(batch.x, own);
    const { a, latents } = activations(weights, x);
    const reconstruction = decodeLinear(weights, latents);
    const auxLoss = deadLoss(weights['wDec'] as Tensor2D, a, tf.sub(x, reconstruction), own.auxK, dead);
    const main = tf.add(tf.mean(tf.squaredDifference(x, reconstruction)), tf.mul(normLoss(weights, x, latents, own), own.afaCoefficient));
    return { loss: tf.add(main, tf.mul(auxLoss, own.auxCoefficient)) as Scalar, auxLoss, latents, reconstruction: undo(reconstruction) };
  },
  unitDecoder: true,
  centresInput: true,
  inference: () => ({ kind: 'own' }),
  defaults: { lr: 3e-4, beta2: 0.99 },
});
