/**
 * End-to-end dictionaries: what is kept is what the rest of the model needs (Braun et al. 2024, arXiv 2405.12241).
 *
 *     e2e             c_kl KL(original || spliced logits) + (lambda / d) mean |f|_1
 *     e2e-downstream  the same + sum over later layers l of (c / layers) MSE(a_l spliced, a_l)
 *     local           MSE(x, x') + (lambda / d) mean |f|_1: the control, which needs no model
 *
 * The model's weights are frozen; the gradient of the reconstruction comes through them. ReLU latents, unit decoder rows, no pre-encoder bias,
 * as in the authors' code. MSE is given as a share of the layer's variance in the batch [our choice]: activations grow from layer to
 * layer, and coefficients would not transfer.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { LoupeError } from '../../../shared/errors.ts';
import { defineVariant } from '../definition.ts';
import type { Batch, LossContext, LossResult, Readings, Weights } from '../definition.ts';
import { sparsityWarmup } from '../fields.ts';
import { decodeLinear, encoderProduct, normalisedError, stopGradient, tiedUnitInit, warmUp } from '../parts.ts';

const coefficient = z.number().min(0).max(1e6);

const config = z.strictObject({
  mode: z.enum(['e2e', 'e2e-downstream', 'local']).default('e2e-downstream')
    .describe("What is minimised beside sparsity: the change of the model's output, that and the change of later layers, or the reconstruction error alone"),
  klCoefficient: coefficient.default(1).describe('e2e: weight of the divergence of the spliced output from the original, in nats').meta({ unit: '1' }),
  downstreamCoefficient: coefficient.default(1).describe('e2e-downstream: weight of the squared change of later layers, as a share of their variance').meta({ unit: '1' }),
  l1Coefficient: coefficient.default(1).describe('Weight of the sum of latents, divided by the width of the activation').meta({ unit: '1' }),
  sparsityWarmup,
});

type Config = z.infer<typeof config>;

/** Mean over rows of KL(p || q) in nats, float32 [], of softmaxes of logits float32 [rows, classes]; no gradient flows into p. */
export function divergence(p: Tensor2D, q: Tensor2D): Scalar {
  const logP = stopGradient(tf.logSoftmax(p));
  return tf.div(tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, tf.logSoftmax(q)))), p.shape[0]) as Scalar;
}

/** Mean over later layers of their squared change, as a share of their variance, float32 []; 0 where there is none. */
function downstream(original: Readings, spliced: Readings): Scalar {
  const changes = original.later.map((layer, i) => normalisedError(stopGradient(layer), spliced.later[i]!));
  return changes.length === 0 ? tf.scalar(0) : tf.div(tf.addN(changes), changes.length) as Scalar;
}

/** What is minimised beside sparsity; `auxLoss` is its divergence in nats, float32 []. reconstruction float32 [rows, dIn]. */
function fidelity(reconstruction: Tensor2D, { x, readout }: Batch, own: Config): { readonly total: Scalar; readonly auxLoss: Scalar } {
  if (own.mode === 'local') return { total: normalisedError(x, reconstruction), auxLoss: tf.scalar(0) };
  if (readout === null) throw new LoupeError('mismatch', `mode ${own.mode} runs the rest of the model, and the data are stored activations: give model and corpus, or choose mode local`);
  const original = readout.original ?? readout.run(x);
  const spliced = readout.run(reconstruction);
  const auxLoss = divergence(original.logits, spliced.logits);
  const total = tf.mul(auxLoss, own.klCoefficient) as Scalar;
  if (own.mode === 'e2e') return { total, auxLoss };
  return { total: tf.add(total, tf.mul(downstream(original, spliced), own.downstreamCoefficient)) as Scalar, auxLoss };
}

function loss(weights: Weights, batch: Batch, own: Config, context: LossContext): LossResult {
  const latents = tf.relu(encoderProduct(weights, batch.x));
  const reconstruction = decodeLinear(weights, latents);
  const { total, auxLoss } = fidelity(reconstruction, batch, own);
  const weight = (own.l1Coefficient / context.dIn) * warmUp(context, own.sparsityWarmup);
  const sparsity = tf.div(tf.sum(latents), batch.x.shape[0]);
  return { loss: tf.add(total, tf.mul(sparsity, weight)) as Scalar, auxLoss, latents, reconstruction };
}

export const endToEnd = defineVariant({
  id: 'end-to-end',
  title: 'End-to-end',
  summary: "Trained so that the model's own output changes as little as possible when the reconstruction takes the activation's place.",
  paper: 'Braun, Taylor, Goldowsky-Dill & Sharkey 2024, arXiv 2405.12241',
  data: 'model',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'readout' },
  config,
  check: () => [],
  init: (_config, context) => tiedUnitInit(context),
  encode: (weights, x) => tf.relu(encoderProduct(weights, x)),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss,
  unitDecoder: true,
  centresInput: false,
  inference: () => ({ kind: 'relu' }),
  defaults: { lr: 5e-4 },
});
