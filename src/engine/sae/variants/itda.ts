/** ITDA: a dictionary of activations that were seen, built in one pass without gradient (Leask et al. 2025, arXiv 2505.17769). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { matchingPursuitDense } from '../../ops/matching-pursuit.ts';
import { orthogonalPursuit } from '../../ops/orthogonal-pursuit.ts';
import { defineVariant } from '../definition.ts';
import { ItdaTrainer } from '../itda/trainer.ts';
import { unitRows } from '../parts.ts';

/** Wider dictionaries would need more than 4 GiB for the inner products of their atoms. */
const widest = 32_768;

const config = z.strictObject({
  k: z.int().min(1).max(4096).default(40).describe('Atoms in the code of a token, at most').meta({ unit: 'latents' }),
  tau: z.number().positive().max(1e12).default(0.1)
    .describe('A token becomes an atom where its squared error is above this share of its squared norm, or above this itself with absoluteTau').meta({ unit: 'share' }),
  absoluteTau: z.boolean().default(false).describe('tau is a squared error in raw units, as in the paper, not a share of the squared norm'),
  pursuit: z.enum(['plain', 'orthogonal']).default('plain').describe('plain: matching pursuit; orthogonal: all coefficients are solved anew after each atom, slower'),
  initialAtoms: z.int().min(1).max(widest).nullable().default(null)
    .describe('The first so many distinct tokens enter whatever their error; empty: dIn, at most 512').meta({ unit: 'latents' }),
  duplicateCosine: z.number().positive().max(1).default(0.999).describe('Tokens closer than this to an atom are duplicates and never enter').meta({ unit: '1' }),
});
type Config = z.infer<typeof config>;

/** float32 [rows, atoms] from x float32 [rows, dIn] and unit atoms float32 [atoms, dIn]. */
function encode(atoms: Tensor2D, x: Tensor2D, { k, pursuit }: Config): Tensor2D {
  return pursuit === 'plain' ? matchingPursuitDense(x, atoms, k, 0, 'magnitude') : encodeOrthogonal(atoms, x, k);
}

function encodeOrthogonal(atoms: Tensor2D, x: Tensor2D, k: number): Tensor2D {
  const [rows, count] = [x.shape[0], atoms.shape[0]];
  const gram = { values: tf.matMul(atoms, atoms, false, true).dataSync() as Float32Array, stride: count };
  const products = tf.matMul(x, atoms, false, true).dataSync() as Float32Array;
  const squares = tf.sum(tf.square(x), 1).dataSync();
  const latents = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const code = orthogonalPursuit(products.subarray(row * count, (row + 1) * count), gram, squares[row]!, k, 0);
    for (const [i, atom] of code.atoms.entries()) latents[row * count + atom] = code.coefficients[i]!;
  }
  return tf.tensor2d(latents, [rows, count]);
}

/**
 * The defaults of tau, the first atoms and duplicates are [our choice]: the paper gives none. dSae is the most atoms there can be; the
 * dictionary has as many as the data needed. Codes are signed. `labels` holds the context and position that each atom is.
 */
export const itda = defineVariant({
  id: 'itda',
  title: 'ITDA',
  summary: 'No training: tokens that the dictionary cannot yet explain become its atoms, in one pass; each atom is a token that can be looked up.',
  paper: 'Leask et al. 2025, arXiv 2505.17769',
  data: 'activations',
  scaling: 'none',
  signed: true,
  synthetic: { task: 'syn', fields: { steps: 200 } },
  config,
  check: ({ tau, absoluteTau, initialAtoms }, { dSae }) => [
    ...(dSae <= widest ? [] : [`dSae is ${dSae}: itda keeps the inner products of all atoms; choose dSae <= ${widest}`]),
    ...(absoluteTau || tau < 1 ? [] : [`tau is ${tau}, a share of the squared norm: nothing would enter; choose tau < 1, or set absoluteTau`]),
    ...(initialAtoms === null || initialAtoms <= dSae ? [] : [`initialAtoms is ${initialAtoms}, dSae is ${dSae}: choose initialAtoms <= dSae`]),
  ],
  init: (_config, { sample, dIn, dSae, sampleRows }) => {
    const rows = Math.min(dSae, sampleRows);
    return { wDec: tf.tensor2d(unitRows(sample.slice(0, rows * dIn), rows, dIn), [rows, dIn]), labels: tf.zeros([rows, 2]) };
  },
  encode: ({ wDec }, x, own) => encode(wDec as Tensor2D, x, own),
  decode: ({ wDec }, latents) => tf.matMul(latents, wDec as Tensor2D),
  loss: ({ wDec }, { x }, own, { variance }) => {
    const latents = encode(wDec as Tensor2D, x, own);
    const reconstruction = tf.matMul(latents, wDec as Tensor2D) as Tensor2D;
    const loss = tf.div(tf.sum(tf.squaredDifference(x, reconstruction)), x.shape[0] * variance) as tf.Scalar;
    return { loss, auxLoss: tf.scalar(0), latents, reconstruction };
  },
  unitDecoder: true,
  centresInput: false,
  inference: () => ({ kind: 'own' }),
  trainer: ({ k, tau, absoluteTau, pursuit, initialAtoms, duplicateCosine }, { dIn }, settings) => new ItdaTrainer({
    steps: k, tau, absolute: absoluteTau, method: pursuit, duplicateCosine, initial: Math.min(initialAtoms ?? Math.min(dIn, 512), settings.sizes.dSae),
  }, settings),
});
