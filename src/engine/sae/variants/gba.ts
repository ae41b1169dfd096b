/** Group Bias Adaptation: biases are steered to firing rates, a target for each group of latents (Chen et al. 2025, arXiv 2506.14002). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { normaliseRows } from '../../ops/row-update.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { decodeLinear, keepWhere, meanSquaredError, tiedUnitInit } from '../parts.ts';

const rate = z.number().positive().max(1);

const config = z.strictObject({
  groups: z.int().min(1).max(10_000).default(10).describe('Groups of latents, equal in size, each with its target rate').meta({ unit: 'groups' }),
  highRate: rate.default(0.5).describe('Target share of tokens on which a latent of the first group fires').meta({ unit: 'share' }),
  lowRate: rate.default(1e-3).describe('Target share for the last group; those between are spaced geometrically').meta({ unit: 'share' }),
  adaptEvery: z.int().min(1).max(100_000).default(50).describe('Steps between two changes of the biases').meta({ unit: 'steps' }),
  gammaDown: rate.default(0.01).describe("A latent that fires too often loses this share of its largest pre-activation").meta({ unit: 'share' }),
  gammaUp: rate.default(0.01).describe("A silent latent gains this share of its group's mean largest pre-activation").meta({ unit: 'share' }),
  silentRate: z.number().min(0).max(1).default(1e-6).describe('Below this share of tokens a latent is silent').meta({ unit: 'share' }),
  activation: z.enum(['gate', 'relu']).default('gate')
    .describe('gate: the value of a firing latent is its correlation without the bias; relu: with it, and the decoder bias stays at the centre of the data'),
});
type Config = z.infer<typeof config>;

/** Target rates of the groups: geometric from `highRate` to `lowRate`, [groups]. */
export function targetRates({ groups, highRate, lowRate }: Pick<Config, 'groups' | 'highRate' | 'lowRate'>): number[] {
  return Array.from({ length: groups }, (_, g) => (groups === 1 ? highRate : highRate * (lowRate / highRate) ** (g / (groups - 1))));
}

/** What was seen of each latent since the last change. */
export interface Firing {
  /** Share of tokens with y > 0, [dSae] */
  readonly rates: ArrayLike<number>;
  /** Largest y, [dSae] */
  readonly largest: ArrayLike<number>;
}

/**
 * The controller: a latent above its group's target loses gammaDown r, down to -1; a silent one gains gammaUp R, up to 0; others keep their
 * bias bit for bit. r = max(0, largest y of the latent), R = mean of the positive r of its group. Gives float32 [dSae].
 */
export function adaptBiases(bias: Float32Array, { rates, largest }: Firing, settings: Config): Float32Array {
  const targets = targetRates(settings);
  const groupOf = (latent: number): number => Math.floor((latent * settings.groups) / bias.length);
  const [sums, counts] = [new Float64Array(settings.groups), new Float64Array(settings.groups)];
  for (let latent = 0; latent < bias.length; latent++) {
    if (!(largest[latent]! > 0)) continue;
    sums[groupOf(latent)]! += largest[latent]!;
    counts[groupOf(latent)]!++;
  }
  return bias.map((b, latent) => {
    const group = groupOf(latent);
    if (rates[latent]! > targets[group]!) return Math.max(b - settings.gammaDown * Math.max(0, largest[latent]!), -1);
    if (rates[latent]! < settings.silentRate) return Math.min(b + settings.gammaUp * (sums[group]! / Math.max(1, counts[group]!)), 0);
    return b;
  });
}

/** u = wEnc (x - bDec), float32 [rows, dSae]. */
function correlations(weights: Weights, x: Tensor2D): Tensor2D {
  return tf.matMul(tf.sub(x, weights['bDec']!) as Tensor2D, weights['wEnc'] as Tensor2D, false, true);
}

/** The adapted bias is the encoder's own for relu; for gate it is a threshold, and the encoder has none. */
function biasName({ activation }: Config): 'bEnc' | 'gateBias' {
  return activation === 'relu' ? 'bEnc' : 'gateBias';
}

function latentsOf(u: Tensor2D, bias: Tensor1D, { activation }: Config): Tensor2D {
  return activation === 'relu' ? tf.relu(tf.add(u, bias)) : keepWhere(u, (at) => tf.cast(tf.greater(at, tf.neg(bias)), 'float32'));
}

/** The statistics with this batch, y float32 [rows, dSae]; and, where it is time, the new biases and fresh statistics. */
function adapted(weights: Weights, y: Tensor2D, settings: Config, step: number): Weights {
  const name = biasName(settings);
  const fired = tf.add(weights['fired']!, tf.sum(tf.cast(tf.greater(y, 0), 'float32'), 0));
  const largest = tf.maximum(weights['largest']!, tf.max(y, 0));
  const tokens = tf.add(weights['tokens']!, y.shape[0]);
  if ((step + 1) % settings.adaptEvery !== 0) return { fired, largest, tokens };
  const rates = tf.div(fired, tokens).dataSync();
  const bias = adaptBiases(weights[name]!.dataSync() as Float32Array, { rates, largest: largest.dataSync() }, settings);
  return { [name]: tf.tensor1d(bias), ...emptyStatistics(bias.length) };
}

function emptyStatistics(dSae: number): Weights {
  return { fired: tf.zeros([dSae]), largest: tf.fill([dSae], -1e30), tokens: tf.zeros([1]) };
}

/**
 * Tied: wEnc has unit rows, and wDec = scale wEnc is kept beside it for the saved dictionary. The biases get no gradient. Activations have mean
 * norm 1, as the clamp of the biases to [-1, 0] presumes [our choice]. A ReLU with a trained decoder bias recovers nothing (measured:
 * sae-variants.md section 7), so `relu` keeps bDec where the data's centre is.
 */
export const gba = defineVariant({
  id: 'gba',
  title: 'Group Bias Adaptation',
  summary: 'No sparsity penalty: every few steps biases are moved so that each group of latents fires at its target rate.',
  paper: 'Chen et al. 2025, arXiv 2506.14002',
  data: 'activations',
  scaling: 'unit-norm',
  signed: false,
  synthetic: { task: 'syn', fields: { dSae: 256, steps: 6000, adaptEvery: 10, highRate: 0.1, lowRate: 1e-3 } },
  config,
  check: ({ groups, highRate, lowRate }, { dSae }) => [
    ...(groups <= dSae ? [] : [`groups is ${groups}, dSae is ${dSae}: choose groups <= dSae`]),
    ...(lowRate <= highRate ? [] : [`lowRate is ${lowRate}, highRate is ${highRate}: choose lowRate <= highRate`]),
  ],
  init: ({ activation }, context) => {
    const { wEnc, bDec } = tiedUnitInit(context);
    const trained: Weights = { wEnc: wEnc!, scale: tf.ones([context.dSae]) };
    return activation === 'gate' ? { ...trained, bDec: bDec! } : trained;
  },
  buffers: (settings, { dIn, dSae, centre }) => {
    const kept: Weights = { wDec: tf.zeros([dSae, dIn]), [biasName(settings)]: tf.zeros([dSae]), ...emptyStatistics(dSae) };
    return settings.activation === 'relu' ? { ...kept, bDec: tf.tensor1d(centre) } : kept;
  },
  encode: (weights, x, settings) => latentsOf(correlations(weights, x), weights[biasName(settings)] as Tensor1D, settings),
  decode: (weights, latents) => decodeLinear(weights, latents),
  loss: (weights, { x }, settings) => {
    const bias = weights[biasName(settings)] as Tensor1D;
    // rows are of norm 1 already: dividing by the norm takes the part along the row out of their gradient
    const wEnc = tf.div(weights['wEnc']!, tf.sqrt(tf.sum(tf.square(weights['wEnc']!), 1, true))) as Tensor2D;
    const u = correlations({ ...weights, wEnc }, x);
    const latents = latentsOf(u, bias, settings);
    const scaled = tf.mul(latents, weights['scale']!) as Tensor2D;
    const reconstruction = tf.add(tf.matMul(scaled, wEnc), weights['bDec']!) as Tensor2D;
    const loss = tf.mul(meanSquaredError(x, reconstruction), 0.5) as Scalar;
    return { loss, auxLoss: tf.scalar(0), latents, reconstruction, preActivations: tf.add(u, bias) };
  },
  afterStep: (weights, _batch, { preActivations }, settings, { step }) => {
    const wEnc = normaliseRows(weights['wEnc'] as Tensor2D);
    const wDec = tf.mul(wEnc, tf.expandDims(weights['scale'] as Tensor1D, 1));
    return { wEnc, wDec, ...adapted(weights, preActivations!, settings, step) };
  },
  unitDecoder: false,
  centresInput: true,
  inference: (settings, weights) => (settings.activation === 'relu' ? { kind: 'relu' }
    : { kind: 'jumprelu', threshold: (weights['gateBias']!.dataSync() as Float32Array).map((b) => -b) }),
});
