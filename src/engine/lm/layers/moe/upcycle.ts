/** Sparse up-cycling (Komatsuzaki et al. 2022, arXiv 2212.05055): every expert starts as the trained dense MLP. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import type { Random } from '../../../random.ts';
import type { ExpertWeights } from './experts.ts';

export interface DenseMlp {
  /** float32 [width, dModel] */
  readonly wIn: Tensor2D;
  /** float32 [width] */
  readonly bIn: Tensor1D | null;
  /** A row a hidden unit, float32 [width, dModel]. */
  readonly wOut: Tensor2D;
  /** float32 [dModel] */
  readonly bOut: Tensor1D | null;
}

export interface Upcycling {
  readonly experts: number;
  /** Standard deviation of the noise that breaks ties, as a share of the matrix's own. */
  readonly noise: number;
  /** The same for a shift of all rows of an expert together, which is what the sparsity-aware router can tell experts apart by. */
  readonly shift: number;
}

function deviation(values: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  return Math.sqrt(Math.max(0, squares / values.length - (sum / values.length) ** 2));
}

/** Copies of a matrix [width, dModel], float32 [experts, width, dModel], each with its own noise and shift. */
function copies(matrix: Tensor2D, { experts, noise, shift }: Upcycling, random: Random): Tensor3D {
  const values = matrix.dataSync<'float32'>();
  const dModel = matrix.shape[1];
  const scale = deviation(values);
  const out = new Float32Array(experts * values.length);
  for (let expert = 0; expert < experts; expert++) {
    const moved = random.normals(dModel, shift * scale);
    const base = expert * values.length;
    for (let i = 0; i < values.length; i++) out[base + i] = values[i]! + noise * scale * random.normal() + moved[i % dModel]!;
  }
  return tf.tensor3d(out, [experts, ...matrix.shape]);
}

/**
 * Experts [experts, width, dModel] from one MLP of that width. As gates of a token sum to 1, the layer starts as the dense one, but for noise and shift. The
 * decoders get the noise and no shift. Kind mismatch where the two matrices differ in shape.
 */
export function upcycle(dense: DenseMlp, settings: Upcycling, random: Random): ExpertWeights {
  const { wIn, wOut, bIn, bOut } = dense;
  if (wIn.shape[0] !== wOut.shape[0] || wIn.shape[1] !== wOut.shape[1]) {
    throw new LoupeError('mismatch', `the MLP's matrices are [${wIn.shape.join(', ')}] and [${wOut.shape.join(', ')}]: give both as [width, dModel] of a plain MLP`);
  }
  const same = (bias: Tensor): Tensor2D => tf.tidy(() => tf.tile(tf.expandDims(bias, 0), [settings.experts, 1]) as Tensor2D);
  return {
    wEnc: copies(wIn, settings, random),
    bEnc: bIn === null ? null : same(bIn),
    wDec: copies(wOut, { ...settings, shift: 0 }, random),
    bDec: bOut === null ? null : bOut.clone(),
  };
}
