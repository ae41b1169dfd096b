/**
 * One Adam step of a sparse dictionary from sparse codes: the gradient of a latent's rows is gathered from the rows of the
 * batch that used it, its part along the decoder row is removed, and the decoder row is renormalised, all in place.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { ResourceVariable } from '../backend/native-binding.ts';
import { adamFactors, disposeAdamCell, stockAdam } from './adam.ts';
import type { AdamCell, AdamSettings } from './adam.ts';
import type { Cell } from './cell.ts';
import { scoped } from './scope.ts';
import { scatterCodes } from './top-k.ts';
import type { TopKCodes } from './top-k.ts';

/** The parameters of a dictionary in training; encoder and decoder hold a row a latent. */
export interface SparseParameters {
  /** float32 [dSae, dIn] */
  readonly wEnc: AdamCell;
  /** float32 [dSae, dIn] */
  readonly wDec: AdamCell;
  /** float32 [dSae] */
  readonly bEnc: AdamCell;
  /** float32 [dIn] */
  readonly bDec: AdamCell;
  /** Tokens since a latent was last used, int32 [dSae]; it stops at 2^31 - 1. */
  readonly sinceFired: Cell;
}

/** What a batch says about the gradient. */
export interface SparseGradient {
  readonly codes: TopKCodes;
  /** d loss / d values, float32 [rows, k] */
  readonly valueGradients: Tensor2D;
  /** reconstruction - x, float32 [rows, dIn] */
  readonly error: Tensor2D;
  /** d loss / d reconstruction = errorScale * error */
  readonly errorScale: number;
  /** x - bDec, float32 [rows, dIn] */
  readonly centred: Tensor2D;
}

/** A further dense gradient of a few latents: that of the auxiliary loss. */
export interface ExtraGradient {
  /** int32 [extra], each latent once */
  readonly latents: Tensor1D;
  /** float32 [extra, dIn] */
  readonly wEnc: Tensor2D;
  /** float32 [extra, dIn] */
  readonly wDec: Tensor2D;
  /** float32 [extra] */
  readonly bEnc: Tensor1D;
}

export interface RowUpdateOptions {
  /** Remove the gradient's part along each decoder row and renormalise the rows. */
  readonly unitDecoder: boolean;
  /** Largest global gradient norm, or null: a second gathering pass is spent only where it is asked for. */
  readonly clip: number | null;
}

/** Frees all parameters and their moments. */
export function disposeSparseParameters(parameters: SparseParameters): void {
  for (const cell of [parameters.wEnc, parameters.wDec, parameters.bEnc, parameters.bDec]) disposeAdamCell(cell);
  parameters.sinceFired.dispose();
}

/**
 * Takes one step; gives the squared norm of the whole gradient, after projection and before clipping.
 *
 * @throws LoupeError `disposed` when the parameters were disposed
 */
export function rowUpdate(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, adam: AdamSettings, options: RowUpdateOptions,
): number {
  if (!hasNative('LoupeRowUpdate')) return stockRowUpdate(parameters, gradient, extra, adam, options);
  const pass = (apply: boolean, factor: number): number => nativePass(parameters, gradient, extra, adam, options.unitDecoder, apply, factor);
  if (options.clip === null) return pass(true, 1);
  const square = pass(false, 1);
  pass(true, clipFactor(square, options.clip));
  return square;
}

function clipFactor(square: number, clip: number | null): number {
  return clip === null ? 1 : Math.min(1, clip / (Math.sqrt(square) + 1e-6));
}

function handles(parameters: SparseParameters): Tensor[] {
  const { wEnc, wDec, bEnc, bDec, sinceFired } = parameters;
  const cells = [wEnc, wDec, bEnc, bDec].flatMap((cell) => [cell.value, cell.m, cell.v]);
  return [...cells, sinceFired].map((cell) => (cell as ResourceVariable).handle);
}

function nativePass(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, adam: AdamSettings,
  unitDecoder: boolean, apply: boolean, factor: number,
): number {
  return scoped(() => {
    const { stepSize, rootCorrection } = adamFactors(adam);
    const dIn = gradient.error.shape[1];
    const none = extra ?? { latents: tf.zeros([0], 'int32'), wEnc: tf.zeros([0, dIn]), wDec: tf.zeros([0, dIn]), bEnc: tf.zeros([0]) };
    const settings = tf.tensor1d([stepSize, adam.beta1, adam.beta2, adam.epsilon, rootCorrection, gradient.errorScale, factor]);
    const inputs = [
      ...handles(parameters), gradient.codes.indices, gradient.codes.values, gradient.valueGradients, gradient.error,
      gradient.centred, none.latents, none.wEnc, none.wDec, none.bEnc, settings,
    ];
    const attrs = { unit_decoder: { bool: unitDecoder }, apply: { bool: apply } };
    return executeNative('LoupeRowUpdate', attrs, inputs, 1)[0]!.dataSync()[0]!;
  });
}

/** The dense gradients of all four parameters, float32: wEnc and wDec [dSae, dIn], bEnc [dSae], bDec [dIn]. */
export function denseGradients(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, unitDecoder: boolean,
): { readonly wEnc: Tensor2D; readonly wDec: Tensor2D; readonly bEnc: Tensor1D; readonly bDec: Tensor1D } {
  return tf.tidy(() => {
    const dSae = parameters.wEnc.value.shape[0]!;
    const error = tf.mul(gradient.error, gradient.errorScale);
    const codes = scatterCodes(gradient.codes, dSae);
    const codeGradients = scatterCodes({ values: gradient.valueGradients, indices: gradient.codes.indices }, dSae);
    let wDec = tf.matMul(codes, error, true) as Tensor2D;
    let wEnc = tf.matMul(codeGradients, gradient.centred, true) as Tensor2D;
    let bEnc = tf.sum(codeGradients, 0) as Tensor1D;
    if (extra !== null) {
      const at = tf.expandDims(extra.latents, 1);
      wDec = tf.add(wDec, tf.scatterND(at, extra.wDec, wDec.shape));
      wEnc = tf.add(wEnc, tf.scatterND(at, extra.wEnc, wEnc.shape));
      bEnc = tf.add(bEnc, tf.scatterND(at, extra.bEnc, bEnc.shape));
    }
    const throughEncoder = tf.reshape(tf.matMul(tf.reshape(bEnc, [1, dSae]), parameters.wEnc.value.read() as Tensor2D), [-1]);
    const bDec = tf.sub(tf.sum(error, 0), throughEncoder) as Tensor1D;
    if (unitDecoder) wDec = removeParallel(wDec, parameters.wDec.value.read() as Tensor2D);
    return { wEnc, wDec, bEnc, bDec };
  });
}

/** Takes from each row of `gradient` its part along the row of `weight`; both float32 [rows, d]. Zero rows of `weight` change nothing. */
export function removeParallel(gradient: Tensor2D, weight: Tensor2D): Tensor2D {
  return tf.tidy(() => {
    const along = tf.divNoNan(tf.sum(tf.mul(gradient, weight), 1, true), tf.sum(tf.square(weight), 1, true));
    return tf.sub(gradient, tf.mul(along, weight)) as Tensor2D;
  });
}

/** Rows scaled to norm 1; zero rows stay zero. weight float32 [rows, d]. */
export function normaliseRows(weight: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.divNoNan(weight, tf.norm(weight, 2, 1, true)) as Tensor2D);
}

/** The same step in stock ops, by dense gradients. */
export function stockRowUpdate(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, adam: AdamSettings, options: RowUpdateOptions,
): number {
  return scoped(() => {
    const gradients = denseGradients(parameters, gradient, extra, options.unitDecoder);
    const square = Object.values(gradients).reduce((sum, g) => sum + tf.sum(tf.square(g)).dataSync()[0]!, 0);
    const factor = clipFactor(square, options.clip);
    for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
      stockAdam(parameters[name], factor === 1 ? gradients[name] : tf.mul(gradients[name], factor), adam);
    }
    if (options.unitDecoder) parameters.wDec.value.assign(normaliseRows(parameters.wDec.value.read() as Tensor2D));
    updateSinceFired(parameters.sinceFired, gradient.codes);
    return square;
  });
}

function updateSinceFired(sinceFired: Cell, codes: TopKCodes): void {
  const dSae = sinceFired.shape[0]!;
  const used = tf.reshape(tf.greater(codes.values, 0), [-1]);
  const counts = tf.scatterND(tf.reshape(codes.indices, [-1, 1]), tf.cast(used, 'float32'), [dSae]);
  // limited before the sum, which would wrap
  const rows = codes.values.shape[0];
  const older = tf.add(tf.minimum(sinceFired.read(), tf.scalar(2147483647 - rows, 'int32')), tf.scalar(rows, 'int32'));
  sinceFired.assign(tf.cast(tf.where(tf.greater(counts, 0), tf.zerosLike(older), older), 'int32'));
}
