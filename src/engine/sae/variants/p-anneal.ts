/** ReLU with an L_p penalty whose p falls from 1 towards 0 during training (Karvonen et al. 2024, arXiv 2408.00113, section 4.2). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineVariant } from '../definition.ts';
import type { LossContext, Weights } from '../definition.ts';
import { l1Fields } from '../fields.ts';
import { decodeLinear, meanSquaredError, preActivations, tiedUnitInit, warmUp } from '../parts.ts';

const config = z.strictObject({
  ...l1Fields,
  penalty: z.enum(['power', 'norm']).default('power').describe('Penalty of a token: sum f^p, or its root (sum f^p)^(1/p)'),
  pEnd: z.number().min(0.01).max(1).default(0.2).describe('p after the last update').meta({ unit: '1' }),
  annealStart: z.number().min(0).max(1).default(0.15).describe('Part of the run before the first update of p').meta({ unit: 'share' }),
  updates: z.int().min(0).max(1000).default(10).describe('How often p falls, at equal distances over the rest of the run').meta({ unit: 'times' }),
});
type Config = z.infer<typeof config>;

/** Penalties that an update of the coefficient is measured on. */
const remembered = 10;
/** Below it the power's gradient, p f^(p-1), grows without bound [our choice]. */
const smallest = 1e-8;

/** Mean penalty of a row, float32 []. Latents that are 0 count nothing. latents float32 [rows, dSae]. */
export function powerPenalty(latents: Tensor2D, p: number, penalty: 'power' | 'norm'): Scalar {
  const powers = tf.sum(tf.mul(tf.pow(tf.maximum(latents, smallest), p), tf.step(latents)), 1);
  return tf.mean(penalty === 'power' ? powers : tf.pow(tf.maximum(powers, smallest), 1 / p));
}

/** Updates due before step `step`: the first after annealStart of the run, the others at equal distances. */
export function updatesDue({ annealStart, updates }: Config, step: number, steps: number): number {
  const start = steps * annealStart;
  if (updates === 0 || step < start) return 0;
  return Math.min(updates, 1 + Math.floor(((step - start) * updates) / (steps - start)));
}

/** p after a number of updates: it falls linearly from 1 to pEnd. */
export function pAfter({ pEnd, updates }: Config, done: number): number {
  return updates === 0 ? 1 : 1 - ((1 - pEnd) * done) / updates;
}

function updatesDone(weights: Weights): number {
  return weights['updatesDone']!.dataSync()[0]!;
}

/**
 * The buffers after a step: shortly before an update, the penalties of the latents float32 [rows, dSae] under this p and the next are
 * remembered; at the update the coefficient is multiplied by the ratio of their means, so that the penalty is continuous.
 */
function annealed(weights: Weights, latents: Tensor2D, own: Config, { step, steps }: LossContext): Weights {
  const done = updatesDone(weights);
  if (updatesDue(own, step + remembered, steps) <= done) return {};
  const row = [pAfter(own, done), pAfter(own, done + 1)].map((p) => powerPenalty(latents, p, own.penalty));
  const penalties = tf.concat([tf.slice(weights['penalties'] as Tensor2D, [1, 0]), tf.reshape(tf.stack(row), [1, 2])], 0);
  if (updatesDue(own, step + 1, steps) <= done) return { penalties };
  const [old, fresh] = tf.unstack(tf.sum(penalties, 0)) as [Tensor, Tensor];
  const ratio = fresh.dataSync()[0]! > 0 ? tf.div(old, fresh) : tf.scalar(1);
  return { penalties: tf.zerosLike(penalties), updatesDone: tf.tensor1d([done + 1]), coefficientScale: tf.mul(weights['coefficientScale']!, ratio) };
}

export const pAnneal = defineVariant({
  id: 'p-anneal',
  title: 'p-annealing',
  summary: 'ReLU latents under an L_p penalty; p falls from 1 during training, so that it ends near a count of active latents.',
  paper: 'Karvonen et al. 2024, arXiv 2408.00113',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn', fields: { l1Coefficient: 2 } },
  config,
  check: () => [],
  init: (_config, context) => tiedUnitInit(context),
  // updates done, the factor on the coefficient, and the last penalties: under p, and under the next p
  buffers: () => ({ updatesDone: tf.zeros([1]), coefficientScale: tf.ones([1]), penalties: tf.zeros([remembered, 2]) }),
  encode: (weights, x) => tf.relu(preActivations(weights, x)),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, own, context) => {
    const latents = tf.relu(preActivations(weights, x));
    const reconstruction = decodeLinear(weights, latents);
    const auxLoss = powerPenalty(latents, pAfter(own, updatesDone(weights)), own.penalty);
    const coefficient = tf.mul(weights['coefficientScale']!, own.l1Coefficient * warmUp(context, own.sparsityWarmup));
    const loss = tf.add(meanSquaredError(x, reconstruction), tf.sum(tf.mul(coefficient, auxLoss))) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  afterStep: (weights, _batch, { latents }, own, context) => annealed(weights, latents, own, context),
  diagnose: (weights, _result, own) => ({ penaltyPower: pAfter(own, updatesDone(weights)) }),
  unitDecoder: true,
  centresInput: true,
  inference: () => ({ kind: 'relu' }),
  defaults: { lr: 1e-3 },
});
