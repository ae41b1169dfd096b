/** MP-SAE: the encoder is matching pursuit over the decoder's own rows (Costa et al. 2025, arXiv 2506.03093). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { matchingPursuitDense, pursuitResidual } from '../../ops/matching-pursuit.ts';
import { defineVariant } from '../definition.ts';
import { decodeLinear, tiedUnitInit } from '../parts.ts';

const config = z.strictObject({
  k: z.int().min(1).max(1024).default(32).describe('Steps of the pursuit in training, each of which takes one atom').meta({ unit: 'steps' }),
  inferenceK: z.int().min(1).max(4096).nullable().default(null)
    .describe('Steps of the saved dictionary, which may be more or fewer than in training; empty: k').meta({ unit: 'steps' }),
  tolerance: z.number().min(0).max(1e6).default(0)
    .describe('A token stops once the norm of its residual is below this, where activations have mean norm sqrt(dIn); 0: never').meta({ unit: 'scaled units' }),
});

/**
 * Tied, rows kept at norm 1 after every step [our choice: the authors' toy code normalises once], so that a step is a projection and the
 * residual's norm never rises. The chosen correlation is rectified, as in that code and in SAELens; the library code is not.
 */
export const matchingPursuitSae = defineVariant({
  id: 'matching-pursuit',
  title: 'Matching pursuit',
  summary: 'Takes one atom at a time, each the best for what is left of the token; the number of steps can be changed after training.',
  paper: 'Costa et al. 2025, arXiv 2506.03093',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn', fields: { dSae: 64 } },
  config,
  check: () => [],
  init: (_config, context) => {
    const { wDec, bDec } = tiedUnitInit(context);
    return { wDec: wDec!, bDec: bDec! };
  },
  encode: (weights, x, { k, inferenceK, tolerance }) =>
    matchingPursuitDense(tf.sub(x, weights['bDec']!), weights['wDec'] as Tensor2D, inferenceK ?? k, tolerance),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, { k, tolerance }, { variance }) => {
    const centred = tf.sub(x, weights['bDec']!) as Tensor2D;
    const { residual, latents } = pursuitResidual(centred, weights['wDec'] as Tensor2D, { steps: k, tolerance, rule: 'rectified' });
    const loss = tf.div(tf.sum(tf.square(residual)), x.shape[0] * variance) as tf.Scalar;
    return { loss, auxLoss: tf.scalar(0), latents, reconstruction: tf.sub(x, residual) };
  },
  unitDecoder: true,
  centresInput: true,
  inference: ({ k, inferenceK, tolerance }) => ({ kind: 'matching-pursuit', steps: inferenceK ?? k, tolerance }),
});
