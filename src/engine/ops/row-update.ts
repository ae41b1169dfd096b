/**
 * One Adam step of a sparse dictionary from sparse codes: the gradient of a latent's rows is gathered from the rows of the
 * batch that used it, its part along the decoder row is removed, and the decoder row is renormalised, all in place.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import type { ResourceVariable } from '../backend/native-binding.ts';
import { adam as adamStep, adamFactors, disposeAdamCell, stockAdam } from './adam.ts';
import type { AdamCell, AdamSettings } from './adam.ts';
import type { Cell } from './cell.ts';
import { scoped } from './scope.ts';
import { denseCodes } from './sparse-codes.ts';
import type { SparseCodes } from './sparse-codes.ts';
import type { LatentGroups } from './sparse-decode.ts';

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
  readonly codes: SparseCodes;
  /** d loss / d pre-activation, float32 [entries] */
  readonly valueGradients: Tensor1D;
  /** What latents of each group receive, as `sparseDecode` gives it; float32 [groups, rows, dIn] */
  readonly error: Tensor3D;
  readonly groups: LatentGroups;
  /** d loss / d reconstruction = errorScale * error */
  readonly errorScale: number;
  /** What the encoder was multiplied with: x - bDec where the input is centred, x otherwise; float32 [rows, dIn] */
  readonly encoded: Tensor2D;
  /** c of a penalty c * sum of values times the norm of their decoder row: its gradient with respect to the rows. (Through the values it is in valueGradients.) */
  readonly normPenalty: number;
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
  /** `encoded` is x - bDec: the decoder bias moves the pre-activations too. */
  readonly centresInput: boolean;
  /** Squared norm of the gradient of parameters that are not among these: it counts for clipping. */
  readonly otherSquare: number;
  /** Largest global gradient norm, or null: a second gathering pass is spent only where it is asked for. */
  readonly clip: number | null;
}

/** Frees all parameters and their moments. */
export function disposeSparseParameters(parameters: SparseParameters): void {
  for (const cell of [parameters.wEnc, parameters.wDec, parameters.bEnc, parameters.bDec]) disposeAdamCell(cell);
  parameters.sinceFired.dispose();
}

/** What a step did. */
export interface RowUpdated {
  /** Squared norm of the whole gradient, after projection and before clipping. */
  readonly square: number;
  /** What the gradient was multiplied with: below 1 where it was clipped. */
  readonly factor: number;
}

/**
 * Takes one step.
 *
 * @throws LoupeError `disposed` when the parameters were disposed
 */
export function rowUpdate(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, adam: AdamSettings, options: RowUpdateOptions,
): RowUpdated {
  if (!hasNative('LoupeRowUpdate')) return stockRowUpdate(parameters, gradient, extra, adam, options);
  const pass = (apply: boolean, factor: number): number => nativePass(parameters, gradient, extra, adam, { ...options, apply, factor });
  if (options.clip === null) return { square: pass(true, 1) + options.otherSquare, factor: 1 };
  const square = pass(false, 1) + options.otherSquare;
  const factor = clipFactor(square, options.clip);
  pass(true, factor);
  return { square, factor };
}

/** What a gradient of squared norm `square` is multiplied with. Kind not-finite where there is no such number. */
export function clipFactor(square: number, clip: number | null): number {
  if (!Number.isFinite(square)) throw new LoupeError('not-finite', 'the gradient is not finite');
  return clip === null ? 1 : Math.min(1, clip / (Math.sqrt(square) + 1e-6));
}

function handles(parameters: SparseParameters): Tensor[] {
  const { wEnc, wDec, bEnc, bDec, sinceFired } = parameters;
  const cells = [wEnc, wDec, bEnc, bDec].flatMap((cell) => [cell.value, cell.m, cell.v]);
  return [...cells, sinceFired].map((cell) => (cell as ResourceVariable).handle);
}

function nativePass(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, adam: AdamSettings,
  options: RowUpdateOptions & { readonly apply: boolean; readonly factor: number },
): number {
  return scoped(() => {
    const { stepSize, rootCorrection } = adamFactors(adam);
    const { codes, groups, encoded, errorScale, normPenalty } = gradient;
    const dIn = encoded.shape[1];
    const none = extra ?? { latents: tf.zeros([0], 'int32'), wEnc: tf.zeros([0, dIn]), wDec: tf.zeros([0, dIn]), bEnc: tf.zeros([0]) };
    const settings = tf.tensor1d([stepSize, adam.beta1, adam.beta2, adam.epsilon, rootCorrection, errorScale, options.factor, normPenalty]);
    const inputs = [
      ...handles(parameters), codes.values, codes.indices, codes.offsets, gradient.valueGradients, gradient.error,
      tf.tensor1d([...groups.ends], 'int32'), encoded, none.latents, none.wEnc, none.wDec, none.bEnc, settings,
    ];
    const attrs = { unit_decoder: { bool: options.unitDecoder }, centres_input: { bool: options.centresInput }, apply: { bool: options.apply } };
    return executeNative('LoupeRowUpdate', attrs, inputs, 1)[0]!.dataSync()[0]!;
  });
}

/** Dense gradients, float32: wEnc and wDec [dSae, dIn], bEnc [dSae], bDec [dIn]. */
export interface DenseGradients {
  readonly wEnc: Tensor2D;
  readonly wDec: Tensor2D;
  readonly bEnc: Tensor1D;
  readonly bDec: Tensor1D;
}

/** The dense gradients of all four parameters, in stock ops. */
export function denseGradients(
  parameters: SparseParameters, gradient: SparseGradient, extra: ExtraGradient | null, { unitDecoder, centresInput }: Pick<RowUpdateOptions, 'unitDecoder' | 'centresInput'>,
): DenseGradients {
  return tf.tidy(() => {
    const dSae = parameters.wEnc.value.shape[0]!;
    const codes = denseCodes(gradient.codes, dSae);
    const codeGradients = denseCodes({ ...gradient.codes, values: gradient.valueGradients }, dSae);
    const errors = tf.unstack(tf.mul(gradient.error, gradient.errorScale)) as Tensor2D[];
    const decoder = parameters.wDec.value.read() as Tensor2D;
    let begin = 0;
    let wDec = tf.concat(gradient.groups.ends.map((end, g) => {
      const part = tf.matMul(tf.slice(codes, [0, begin], [-1, end - begin]), errors[g]!, true);
      begin = end;
      return part;
    })) as Tensor2D;
    if (gradient.normPenalty !== 0) {
      const sums = tf.reshape(tf.mul(tf.sum(codes, 0), gradient.normPenalty), [-1, 1]);
      wDec = tf.add(wDec, tf.mul(sums, normaliseRows(decoder)));
    }
    let wEnc = tf.matMul(codeGradients, gradient.encoded, true) as Tensor2D;
    let bEnc = tf.sum(codeGradients, 0) as Tensor1D;
    if (extra !== null) {
      const at = tf.expandDims(extra.latents, 1);
      wDec = tf.add(wDec, tf.scatterND(at, extra.wDec, wDec.shape));
      wEnc = tf.add(wEnc, tf.scatterND(at, extra.wEnc, wEnc.shape));
      bEnc = tf.add(bEnc, tf.scatterND(at, extra.bEnc, bEnc.shape));
    }
    let bDec = tf.sum(errors[0]!, 0) as Tensor1D;
    if (centresInput) bDec = tf.sub(bDec, tf.reshape(tf.matMul(tf.reshape(bEnc, [1, dSae]), parameters.wEnc.value.read() as Tensor2D), [-1]));
    if (unitDecoder) wDec = removeParallel(wDec, decoder);
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
): RowUpdated {
  return scoped(() => {
    const gradients = denseGradients(parameters, gradient, extra, options);
    const { codes } = gradient;
    const used = tf.cast(tf.notEqual(codes.values, 0), 'float32');
    const counts = tf.scatterND(tf.expandDims(codes.indices, 1), used, [parameters.sinceFired.shape[0]!]) as Tensor1D;
    return denseUpdate(parameters, gradients, { fired: tf.greater(counts, 0), rows: codes.offsets.shape[0] - 1 }, adam, options, stockAdam);
  });
}

/**
 * One step by dense gradients (projected already): what a batch takes in which most latents are active.
 *
 * @param fired which latents were used by a batch of `rows`, bool [dSae]
 */
export function denseUpdate(
  parameters: SparseParameters, gradients: DenseGradients, { fired, rows }: { readonly fired: Tensor1D; readonly rows: number },
  settings: AdamSettings, options: RowUpdateOptions, update: typeof stockAdam = adamStep,
): RowUpdated {
  return scoped(() => {
    const square = Object.values(gradients).reduce((sum: number, g: Tensor) => sum + tf.sum(tf.square(g)).dataSync()[0]!, options.otherSquare);
    const factor = clipFactor(square, options.clip);
    for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
      update(parameters[name], factor === 1 ? gradients[name] : tf.mul(gradients[name], factor), settings);
    }
    if (options.unitDecoder) parameters.wDec.value.assign(normaliseRows(parameters.wDec.value.read() as Tensor2D));
    updateSinceFired(parameters.sinceFired, fired, rows);
    return { square, factor };
  });
}

/** Latents that fired count from 0, the others get older by `rows`; fired bool [dSae]. */
export function updateSinceFired(sinceFired: Cell, fired: Tensor1D, rows: number): void {
  // limited before the sum, which would wrap
  const older = tf.add(tf.minimum(sinceFired.read(), tf.scalar(2147483647 - rows, 'int32')), tf.scalar(rows, 'int32'));
  sinceFired.assign(tf.cast(tf.where(fired, tf.zerosLike(older), older), 'int32'));
}
