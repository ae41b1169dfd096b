/** Switch SAE: a router sends each token to one expert, a TopK dictionary of its own (Mudide et al. 2024, arXiv 2410.08201). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { topKDense } from '../../ops/top-k.ts';
import { defineVariant } from '../definition.ts';
import type { Weights } from '../definition.ts';
import { topKFields } from '../fields.ts';
import { decodeLinear, meanSquaredError, pieces, preActivations, tiedUnitInit, unitRows } from '../parts.ts';

const config = z.strictObject({
  k: topKFields.k,
  experts: z.int().min(1).max(4096).default(8).describe('Experts, each with dSae / experts latents').meta({ unit: 'experts' }),
  scaleByProbability: z.boolean().default(true).describe("Latents are multiplied by the router's probability of their expert; off: the router learns by the balance loss alone"),
  balanceCoefficient: z.number().min(0).max(1000).default(0.01)
    .describe('Weight of the balance loss, experts * sum (share of tokens * mean probability), which is 1 when all experts are used alike').meta({ unit: '1' }),
});

/** Probabilities of the experts, softmax((x - bRouter) wRouter^T), float32 [rows, experts]. x [rows, dIn]. */
export function routing(weights: Weights, x: Tensor2D): Tensor2D {
  return tf.softmax(tf.matMul(tf.sub(x, weights['bRouter']!) as Tensor2D, weights['wRouter'] as Tensor2D, false, true) as Tensor2D);
}

/** experts * sum over experts of (share of tokens * mean probability), float32 []: 1 at balance. probability [rows, experts]; rows of each expert. */
export function balanceLoss(probability: Tensor2D, counts: readonly number[]): Scalar {
  const [rows, experts] = probability.shape;
  return tf.mul(tf.sum(tf.mul(tf.tensor1d([...counts]), tf.mean(probability, 0))), experts / rows);
}

interface Grouped {
  /** The rows of the batch, those of the first expert first, int32 [rows]. */
  readonly order: Tensor1D;
  /** Where each row went, int32 [rows]. */
  readonly place: Tensor1D;
  /** Rows of each expert. */
  readonly counts: readonly number[];
}

function groupByExpert(chosen: Int32Array, experts: number): Grouped {
  const members: number[][] = Array.from({ length: experts }, () => []);
  chosen.forEach((expert, row) => members[expert]!.push(row));
  const order = Int32Array.from(members.flat());
  const place = new Int32Array(order.length);
  order.forEach((row, at) => (place[row] = at));
  return { order: tf.tensor1d(order, 'int32'), place: tf.tensor1d(place, 'int32'), counts: members.map(({ length }) => length) };
}

interface Routed {
  /** Everything with rows in the order of `grouped`. */
  readonly grouped: Grouped;
  /** float32 [rows, dIn] */
  readonly x: Tensor2D;
  /** float32 [rows, dSae]; no gradient is wanted of it. */
  readonly latents: Tensor2D;
  /** float32 [rows, dIn] */
  readonly reconstruction: Tensor2D;
  /** float32 [rows, experts] */
  readonly probability: Tensor2D;
}

/** Each expert sees its own rows only: rows dSae dIn / experts multiplications. unsorted float32 [rows, dIn]. */
function route(weights: Weights, unsorted: Tensor2D, { k, experts, scaleByProbability }: z.infer<typeof config>): Routed {
  const grouped = groupByExpert(tf.argMax(routing(weights, unsorted), 1).dataSync() as Int32Array, experts);
  const x = tf.gather(unsorted, grouped.order);
  const probability = routing(weights, x);
  const factor = tf.max(probability, 1, true);
  const width = weights['bEnc']!.size / experts;
  const blocks = Array<number>(experts).fill(width);
  const [wEnc, wDec, bEnc] = ['wEnc', 'wDec', 'bEnc'].map((name) => pieces(weights[name]!, blocks, 0)) as [Tensor[], Tensor[], Tensor[]];
  const [latents, reconstructions]: [Tensor2D[], Tensor2D[]] = [[], []];
  let first = 0;
  grouped.counts.forEach((count, expert) => {
    if (count === 0) return;
    const own = { wEnc: wEnc[expert]!, bEnc: bEnc[expert]!, wDec: wDec[expert]!, bDec: weights['bDec']! };
    const kept = topKDense(preActivations(own, tf.slice(x, [first, 0], [count, -1])), k);
    const block = scaleByProbability ? tf.mul(kept, tf.slice(factor, [first, 0], [count, 1])) as Tensor2D : kept;
    latents.push(tf.pad(block, [[0, 0], [expert * width, (experts - expert - 1) * width]]));
    reconstructions.push(decodeLinear(own, block));
    first += count;
  });
  return { grouped, x, latents: tf.concat(latents, 0), reconstruction: tf.concat(reconstructions, 0), probability };
}

function inFirstOrder(sorted: Tensor2D, { place }: Grouped): Tensor2D {
  return tf.gather(sorted, place);
}

function problems(k: number, experts: number, dSae: number): string[] {
  if (dSae % experts !== 0) return [`experts is ${experts}, dSae is ${dSae}: choose a dSae that experts divides`];
  return k <= dSae / experts ? [] : [`k is ${k}, an expert has ${dSae / experts} of ${dSae} latents: choose k <= dSae / experts`];
}

export const switchSae = defineVariant({
  id: 'switch',
  title: 'Switch',
  summary: 'A router sends each token to one of several small TopK dictionaries: the encoder costs a fraction of its width.',
  paper: 'Mudide, Engels, Michaud, Tegmark & Schroeder de Witt 2024, arXiv 2410.08201',
  data: 'activations',
  scaling: 'root-d',
  signed: false,
  synthetic: { task: 'syn', fields: { experts: 4 } },
  config,
  check: ({ k, experts }, { dSae }) => problems(k, experts, dSae),
  init: ({ experts }, context) => {
    const rows = unitRows(context.random.normals(experts * context.dIn), experts, context.dIn);
    return { ...tiedUnitInit(context), wRouter: tf.tensor2d(rows, [experts, context.dIn]), bRouter: tf.tensor1d(context.centre) };
  },
  encode: (weights, x, own) => {
    const routed = route(weights, x, own);
    return inFirstOrder(routed.latents, routed.grouped);
  },
  decode: (weights, latents) => decodeLinear(weights, latents),
  // As released, without an auxiliary loss for dead latents. The squared error is a share of the variance, so that the balance loss needs no d.
  loss: (weights, { x }, own, { variance }) => {
    const { grouped, probability, ...routed } = route(weights, x, own);
    const auxLoss = balanceLoss(probability, grouped.counts);
    const loss = tf.add(tf.div(meanSquaredError(routed.x, routed.reconstruction), variance), tf.mul(auxLoss, own.balanceCoefficient)) as Scalar;
    return { loss, auxLoss, latents: inFirstOrder(routed.latents, grouped), reconstruction: inFirstOrder(routed.reconstruction, grouped) };
  },
  unitDecoder: true,
  centresInput: true,
  inference: () => ({ kind: 'own' }),
});
