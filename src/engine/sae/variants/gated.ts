/** Gated SAE: which latents fire and how strongly are two paths of one encoder (Rajamanoharan et al. 2024, arXiv 2404.16014). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { l1Fields } from '../fields.ts';
import { decodeLinear, meanSquaredError, stopGradient, tiedUnitInit, warmUp } from '../parts.ts';

const config = z.strictObject({ ...l1Fields });

interface Paths {
  /** pi = (x - bDec) wEnc^T + bGate: a latent fires where it is positive. float32 [rows, dSae] */
  readonly gate: Tensor2D;
  /** f = 1[pi > 0] relu((x - bDec) wEnc^T exp(rMag) + bMag). float32 [rows, dSae] */
  readonly latents: Tensor2D;
}

/** Both paths (eq. 6 and 7) for x float32 [rows, dIn]. No gradient goes through the gate: that of `step` is 0. */
function encodePaths(weights: Weights, x: Tensor2D): Paths {
  const product = tf.matMul(tf.sub(x, weights['bDec']!) as Tensor2D, weights['wEnc'] as Tensor2D, false, true);
  const gate = tf.add(product, weights['bGate']!) as Tensor2D;
  const magnitude = tf.relu(tf.add(tf.mul(product, tf.exp(weights['rMag']!)), weights['bMag']!));
  return { gate, latents: tf.mul(tf.step(gate), magnitude) };
}

export const gated = defineVariant({
  id: 'gated',
  title: 'Gated',
  summary: 'One path decides which latents fire, under an L1 penalty, another how strongly: no shrinkage.',
  paper: 'Rajamanoharan et al. 2024, arXiv 2404.16014',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn', fields: { l1Coefficient: 4 } },
  config,
  check: () => [],
  init: (_config, context) => {
    const { wEnc, wDec, bEnc: zeros, bDec } = tiedUnitInit(context);
    return { wEnc: wEnc!, wDec: wDec!, bDec: bDec!, bGate: zeros!, bMag: tf.clone(zeros!), rMag: tf.clone(zeros!) };
  },
  encode: (weights, x) => encodePaths(weights, x).latents,
  decode: (weights, latents) => decodeLinear(weights, latents),
  // Eq. 8. The gate path reconstructs with frozen copies of the decoder (SAELens 6.18 does not freeze them).
  loss: (weights, { x }, { l1Coefficient, sparsityWarmup }, context) => {
    const { gate, latents } = encodePaths(weights, x);
    const reconstruction = decodeLinear(weights, latents);
    const open = tf.relu(gate);
    const frozen = { wDec: stopGradient(weights['wDec']!), bDec: stopGradient(weights['bDec']!) };
    const auxLoss = meanSquaredError(x, decodeLinear(frozen, open));
    const penalty = tf.mul(tf.sum(open), (l1Coefficient * warmUp(context, sparsityWarmup)) / x.shape[0]);
    const loss = tf.addN([meanSquaredError(x, reconstruction), penalty, auxLoss]) as Scalar;
    return { loss, auxLoss, latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: true,
  inference: (_config, weights) => {
    const values = (name: string): Float32Array => weights[name]!.dataSync() as Float32Array;
    return { kind: 'gated', bGate: values('bGate'), bMag: values('bMag'), rMag: values('rMag') };
  },
  defaults: { lr: 5e-5, beta1: 0 },
});
