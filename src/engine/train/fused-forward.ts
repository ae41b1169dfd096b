/**
 * Forward and backward of one batch by sparse codes (design.md section 2): which latents are active, what they reconstruct, and the
 * gradient with respect to their pre-activations. One function a form; each computes what the variant's `loss` does.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { AdamCell } from '../ops/adam.ts';
import type { SparseGradient, SparseParameters } from '../ops/row-update.ts';
import { encodeAbove, encodeBatchTopK, flatCodes, guessBound } from '../ops/sparse-codes.ts';
import type { SparseCodes } from '../ops/sparse-codes.ts';
import { oneGroup, sparseDecode } from '../ops/sparse-decode.ts';
import type { LatentGroups } from '../ops/sparse-decode.ts';
import { encodeTopK } from '../ops/top-k.ts';
import type { FusedForm, LossContext } from '../sae/definition.ts';
import { rowNorms } from '../sae/parts.ts';
import { denseForward, isDense } from './fused-dense.ts';
import type { DenseForward, DenseOptions } from './fused-dense.ts';
import { sparsityOf } from './fused-penalty.ts';
import type { KindOf } from './fused-penalty.ts';

/** What the fused step trains: the four weights of every dictionary, and thresholds where the form has them. */
export interface FusedParameters extends SparseParameters {
  /** float32 [dSae] */
  readonly threshold: AdamCell | null;
}

/** Figures of a batch as plain numbers. */
export interface FusedFigures {
  /** What is minimised, without the auxiliary loss of dead latents. */
  readonly loss: number;
  /** The sparsity penalty before its coefficient; 0 where there is none. */
  readonly penalty: number;
  /** Mean over rows of the whole dictionary's squared error. */
  readonly squaredError: number;
  /** Mean active latents a row. */
  readonly l0: number;
  readonly smallestKept: number | null;
  readonly windowShare: number;
}

export interface SparseForward {
  readonly gradient: SparseGradient;
  /** float32 [dSae]; null where there are no thresholds */
  readonly thresholdGradient: Tensor1D | null;
  readonly figures: FusedFigures;
}

/** The weights of a step, read once; freed before the update, so that it may write in place. */
export interface ReadWeights {
  /** float32 [dSae, dIn] */
  readonly wEnc: Tensor2D;
  /** float32 [dSae, dIn] */
  readonly wDec: Tensor2D;
  readonly bEnc: Tensor1D;
  readonly bDec: Tensor1D;
  readonly threshold: Tensor1D | null;
}

interface Encoded {
  readonly codes: SparseCodes;
  /** d loss / d error is errorScale * error */
  readonly errorScale: number;
  readonly groups: LatentGroups;
}

const first = (tensor: Tensor): number => tensor.dataSync()[0]!;

/** Reads the weights; the caller frees them. */
export function readWeights({ wEnc, wDec, bEnc, bDec, threshold }: FusedParameters): ReadWeights {
  const [enc, dec, bias, centre, bound] = [wEnc, wDec, bEnc, bDec, threshold].map((cell) => cell?.value.read() ?? null);
  return { wEnc: enc as Tensor2D, wDec: dec as Tensor2D, bEnc: bias as Tensor1D, bDec: centre as Tensor1D, threshold: bound as Tensor1D | null };
}

/** x float32 [rows, dIn], encoded x or x - bDec [rows, dIn]. */
export function fusedForward(
  form: FusedForm, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, context: LossContext, options: DenseOptions,
): SparseForward | DenseForward {
  if (form.kind === 'topk' || form.kind === 'batch-topk') return keptForward(form, weights, x, encoded, context);
  const bound = boundOf(form, weights);
  if (isDense(encoded, weights, bound)) return denseForward(form, weights, x, encoded, context, options);
  const codes = encodeAbove(encoded, weights.wEnc, weights.bEnc, bound);
  return form.kind === 'relu' ? reluForward(form, weights, x, encoded, codes, context) : jumpForward(form, weights, x, encoded, codes, context);
}

/** What entries of the codes lie above: active ones, and those of the window below a threshold. float32 [dSae] */
function boundOf(form: KindOf<'relu' | 'jumprelu'>, { bEnc, threshold }: ReadWeights): Tensor1D {
  if (form.kind === 'relu') return tf.zerosLike(bEnc);
  // a little below the window, against rounding: what does not belong to it is masked out
  return tf.sub(threshold!, 0.51 * form.bandwidth);
}

/** TopK, BatchTopK and Matryoshka: the error is a share of the variance. */
function keptForward(form: KindOf<'topk' | 'batch-topk'>, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, { variance, dSae }: LossContext): SparseForward {
  const rows = x.shape[0];
  const groups = form.kind === 'topk' ? oneGroup(dSae) : { ends: form.ends, weights: form.ends.map(() => 1) };
  const { codes, smallestKept } = form.kind === 'topk'
    ? { codes: flatCodes(encodeTopK(encoded, weights.wEnc, weights.bEnc, form.k, form.precision)), smallestKept: null }
    : batchTopK(encoded, weights, form.k * rows);
  const decoded = decode({ codes, groups, errorScale: 2 / (rows * variance) }, weights, x, encoded, false);
  const active = first(tf.sum(tf.cast(tf.greater(codes.values, 0), 'float32')));
  const [squaredError, sum] = errorsOf(decoded.rowErrors);
  const figures = { loss: sum / variance, penalty: 0, squaredError, l0: active / rows, smallestKept, windowShare: 0 };
  return { gradient: decoded.gradient, thresholdGradient: null, figures };
}

function batchTopK(encoded: Tensor2D, { wEnc, bEnc }: ReadWeights, count: number): { readonly codes: SparseCodes; readonly smallestKept: number | null } {
  const { least, ...codes } = encodeBatchTopK(encoded, wEnc, bEnc, count, guessBound(encoded, wEnc, bEnc, count));
  const smallest = first(least);
  return { codes, smallestKept: smallest > 0 ? smallest : null };
}

/** Mean squared error of the whole dictionary, and the sum of those of all prefixes. rowErrors float32 [groups, rows] */
function errorsOf(rowErrors: Tensor2D): [number, number] {
  const means = tf.mean(rowErrors, 1).dataSync<'float32'>();
  return [means.at(-1)!, means.reduce((a, b) => a + b, 0)];
}

function decode(
  { codes, groups, errorScale }: Encoded, { wDec, bDec }: ReadWeights, x: Tensor2D, encoded: Tensor2D, all: boolean,
): { readonly gradient: SparseGradient; readonly rowErrors: Tensor2D } {
  const { error, valueGradients, rowErrors } = sparseDecode(codes, wDec, bDec, x, { groups, scale: errorScale, all });
  return { gradient: { codes, groups, errorScale, error, valueGradients, encoded, normPenalty: 0 }, rowErrors };
}

/** ReLU + L1, weighted by decoder norms or not. */
function reluForward(form: KindOf<'relu'>, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, codes: SparseCodes, context: LossContext): SparseForward {
  const rows = x.shape[0];
  const { gradient, rowErrors } = decode({ codes, groups: oneGroup(context.dSae), errorScale: 2 / rows }, weights, x, encoded, false);
  const coefficient = form.coefficient(context);
  const norms = form.byNorm ? tf.gather(rowNorms(weights.wDec), codes.indices) : tf.onesLike(codes.values);
  const penalty = first(tf.sum(tf.mul(codes.values, norms))) / rows;
  const valueGradients = tf.add(gradient.valueGradients, tf.mul(norms, coefficient / rows)) as Tensor1D;
  const [squaredError] = errorsOf(rowErrors);
  return {
    gradient: { ...gradient, valueGradients, normPenalty: form.byNorm ? coefficient / rows : 0 },
    thresholdGradient: null,
    figures: { loss: squaredError + coefficient * penalty, penalty, squaredError, l0: codes.values.shape[0] / rows, smallestKept: null, windowShare: 0 },
  };
}

/**
 * JumpReLU: beside the active entries the codes hold those of the window below a threshold, with value 0, for the threshold's
 * pseudo-gradients (Rajamanoharan et al. 2024, arXiv 2407.14435, eq. 11 and 12).
 */
function jumpForward(
  form: KindOf<'jumprelu'>, weights: ReadWeights, x: Tensor2D, encoded: Tensor2D, near: SparseCodes, context: LossContext,
): SparseForward {
  const [rows, threshold] = [x.shape[0], weights.threshold!];
  const own = tf.gather(threshold, near.indices) as Tensor1D;
  const active = tf.cast(tf.greater(near.values, own), 'float32') as Tensor1D;
  const codes = { ...near, values: tf.mul(near.values, active) as Tensor1D };
  const { gradient, rowErrors } = decode({ codes, groups: oneGroup(context.dSae), errorScale: 2 / rows }, weights, x, encoded, true);
  const windowed = tf.cast(tf.less(tf.abs(tf.sub(near.values, own)), form.bandwidth / 2), 'float32') as Tensor1D;
  const l0 = first(tf.sum(active)) / rows;
  const { penalty, slope } = sparsityOf(form, l0, context);
  const pulls = tf.mul(windowed, tf.div(tf.add(tf.mul(gradient.valueGradients, own), slope / rows), -form.bandwidth)) as Tensor1D;
  const [squaredError] = errorsOf(rowErrors);
  const loss = squaredError + form.coefficient(context) * penalty;
  return {
    gradient: { ...gradient, valueGradients: tf.mul(gradient.valueGradients, active) as Tensor1D },
    thresholdGradient: tf.scatterND(tf.expandDims(near.indices, 1), pulls, [context.dSae]) as Tensor1D,
    figures: { loss, penalty, squaredError, l0, smallestKept: null, windowShare: first(tf.sum(windowed) as Scalar) / (rows * context.dSae) },
  };
}
