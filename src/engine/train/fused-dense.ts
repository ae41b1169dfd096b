/**
 * The step of ReLU and JumpReLU dictionaries while most latents are active, as at the start of a run: matrix products over blocks of
 * rows, so that memory stays bounded. What DenseTrainer does by autograd.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { normaliseRows, removeParallel } from '../ops/row-update.ts';
import type { DenseGradients } from '../ops/row-update.ts';
import { codesAbove, rowBlock, spreadRows } from '../ops/sparse-codes.ts';
import type { LossContext } from '../sae/definition.ts';
import { rowNorms } from '../sae/parts.ts';
import { sparsityOf } from './fused-penalty.ts';
import type { KindOf } from './fused-penalty.ts';
import type { FusedFigures, ReadWeights } from './fused-forward.ts';

/** Share of active latents from which dense products are the faster way [our choice: measured at (768, 6144) on two cores]. */
const denseShare = 0.1;
const sampledRows = 64;

/** Whether dense products are the faster way for a batch, judged by some of its rows alone: a resumed run decides alike. */
export function isDense(encoded: Tensor2D, { wEnc, bEnc }: ReadWeights, bound: Tensor1D): boolean {
  return denseShareOf(encoded, wEnc, bEnc, bound) > denseShare;
}

function denseShareOf(encoded: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, bound: Tensor1D): number {
  const some = spreadRows(encoded, sampledRows);
  const { values } = codesAbove(tf.matMul(some, wEnc, false, true), bEnc, bound);
  return values.shape[0] / (some.shape[0] * bEnc.shape[0]);
}

/** float32: sums over rows */
interface Sums {
  /** errors' products with latents, [dSae, dIn] */
  readonly wDec: Tensor2D;
  /** [dSae, dIn] */
  readonly wEnc: Tensor2D;
  readonly bEnc: Tensor1D;
  readonly bDec: Tensor1D;
  /** Active rows of each latent, [dSae] */
  readonly active: Tensor1D;
  /** Values of each latent, [dSae] */
  readonly values: Tensor1D;
  /** Rows within the window around each threshold, [dSae] */
  readonly near: Tensor1D;
  /** d squared error / d latent of those rows, [dSae] */
  readonly nearGradients: Tensor1D;
  /** Squared error, [] */
  readonly square: Tensor;
}

export interface DenseForward {
  readonly gradients: DenseGradients;
  /** bool [dSae] */
  readonly fired: Tensor1D;
  readonly thresholdGradient: Tensor1D | null;
  /** reconstruction - x, float32 [rows, dIn] */
  readonly error: Tensor2D;
  readonly figures: FusedFigures;
}

/** Which form, and whether the decoder's rows are kept at norm 1 and the input is centred. */
export interface DenseOptions {
  readonly unitDecoder: boolean;
  readonly centresInput: boolean;
}

/** x and encoded float32 [rows, dIn] */
export function denseForward(
  form: KindOf<'relu' | 'jumprelu'>, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, context: LossContext, options: DenseOptions,
): DenseForward {
  const rows = x.shape[0];
  const pull = form.kind === 'relu' ? reluPull(form, weights, context, rows) : null;
  const errors: Tensor2D[] = [];
  let sums: Sums | null = null;
  for (let first = 0; first < rows; first += rowBlock(context.dSae)) {
    const count = Math.min(rowBlock(context.dSae), rows - first);
    const [part, input] = [x, encoded].map((tensor) => tf.slice(tensor, [first, 0], [count, -1])) as [Tensor2D, Tensor2D];
    const { error, sums: own } = blockSums(form, weights, part, input, pull, 2 / rows);
    errors.push(error);
    sums = sums === null ? own : addSums(sums, own);
  }
  return { ...finish(form, weights, sums!, context, rows, options), error: errors.length === 1 ? errors[0]! : tf.concat(errors) };
}

/** d penalty / d value of each latent, with its coefficient; float32 [dSae]. */
function reluPull({ byNorm, coefficient }: KindOf<'relu'>, { wDec, bEnc }: ReadWeights, context: LossContext, rows: number): Tensor1D {
  return tf.mul(byNorm ? rowNorms(wDec) : tf.onesLike(bEnc), coefficient(context) / rows);
}

/** x and encoded float32 [count, dIn] */
function blockSums(
  form: KindOf<'relu' | 'jumprelu'>, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, pull: Tensor1D | null, errorScale: number,
): { readonly error: Tensor2D; readonly sums: Sums } {
  return tf.tidy(() => {
    const { wEnc, wDec, bEnc, bDec, threshold } = weights;
    const u = tf.add(tf.matMul(encoded, wEnc, false, true), bEnc) as Tensor2D;
    const active = tf.cast(tf.greater(u, threshold ?? 0), 'float32');
    const latents = tf.mul(u, active) as Tensor2D;
    const error = tf.sub(tf.add(tf.matMul(latents, wDec), bDec), x) as Tensor2D;
    const scaled = tf.mul(error, errorScale) as Tensor2D;
    const back = tf.matMul(scaled, wDec, false, true) as Tensor2D;
    const dU = tf.mul(pull === null ? back : tf.add(back, pull), active) as Tensor2D;
    const none = tf.zeros([0]) as Tensor1D;
    const near = form.kind === 'relu' ? null : tf.cast(tf.less(tf.abs(tf.sub(u, threshold!)), form.bandwidth / 2), 'float32');
    const sums = {
      wDec: tf.matMul(latents, scaled, true), wEnc: tf.matMul(dU, encoded, true), bEnc: tf.sum(dU, 0), bDec: tf.sum(scaled, 0),
      active: tf.sum(active, 0), values: tf.sum(latents, 0), square: tf.sum(tf.square(error)),
      near: near === null ? none : tf.sum(near, 0), nearGradients: near === null ? none : tf.sum(tf.mul(near, back), 0),
    };
    return { error, sums } as unknown as tf.TensorContainer;
  }) as unknown as { readonly error: Tensor2D; readonly sums: Sums };
}

function addSums(a: Sums, b: Sums): Sums {
  const sums = Object.fromEntries(Object.entries(a).map(([name, tensor]) => [name, tf.add(tensor as Tensor, b[name as keyof Sums])]));
  tf.dispose([a, b] as unknown as tf.TensorContainer);
  return sums as unknown as Sums;
}

function finish(
  form: KindOf<'relu' | 'jumprelu'>, weights: ReadWeights, sums: Sums, context: LossContext, rows: number, { unitDecoder, centresInput }: DenseOptions,
): Omit<DenseForward, 'error'> {
  const number = (tensor: Tensor): number => tensor.dataSync()[0]!;
  const l0 = number(tf.sum(sums.active)) / rows;
  const squaredError = number(sums.square) / rows;
  const through = tf.reshape(tf.matMul(tf.expandDims(sums.bEnc, 0), weights.wEnc), [-1]);
  let wDec = sums.wDec;
  const coefficient = form.coefficient(context);
  let penalty: number;
  let thresholdGradient: Tensor1D | null = null;
  if (form.kind === 'relu') {
    penalty = number(tf.sum(form.byNorm ? tf.mul(sums.values, rowNorms(weights.wDec)) : sums.values)) / rows;
    if (form.byNorm) wDec = tf.add(wDec, tf.mul(tf.expandDims(tf.mul(sums.values, coefficient / rows), 1), normaliseRows(weights.wDec)));
  } else {
    const sparsity = sparsityOf(form, l0, context);
    penalty = sparsity.penalty;
    thresholdGradient = tf.div(tf.add(tf.mul(sums.nearGradients, weights.threshold!), tf.mul(sums.near, sparsity.slope / rows)), -form.bandwidth) as Tensor1D;
  }
  const gradients = {
    wEnc: sums.wEnc, bEnc: sums.bEnc, wDec: unitDecoder ? removeParallel(wDec, weights.wDec) : wDec,
    bDec: (centresInput ? tf.sub(sums.bDec, through) : sums.bDec) as Tensor1D,
  };
  const windowShare = form.kind === 'relu' ? 0 : number(tf.sum(sums.near)) / (rows * context.dSae);
  const figures = { loss: squaredError + coefficient * penalty, penalty, squaredError, l0, smallestKept: null, windowShare };
  return { gradients, fired: tf.greater(sums.active, 0) as Tensor1D, thresholdGradient, figures };
}
