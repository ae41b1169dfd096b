/** The Atoms figures of any dictionary: how far its codes are identified (arXiv 2509.20784 [2nd]). */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { scoped } from '../../ops/scope.ts';
import { largestIsometricK, largestUniqueK, stability } from './bounds.ts';
import { coherenceOf, quantile } from './coherence.ts';
import { defaultWhitening, secondMoment, whitening, whitenRows } from './whitening.ts';
import type { WhiteningOptions } from './whitening.ts';

/** In one inner product: the atomic, or Euclid's. */
export interface ProductFigures {
  /** Largest and mean |cosine| of two rows. */
  readonly coherence: number;
  readonly meanCoherence: number;
  /** |cosine| at the quantiles of `quantiles` */
  readonly coherenceQuantiles: readonly number[];
  /** Largest K whose codes are unique: coherence < 1 / (2K - 1). */
  readonly uniqueK: number;
  /** Largest K with (K - 1) coherence < 1. */
  readonly isometricK: number;
  /** q*; null where even the least pair fails. */
  readonly stability: number | null;
}

export interface AtomsFigures {
  readonly atomic: ProductFigures;
  readonly euclidean: ProductFigures;
  /** The quantiles that are given. */
  readonly quantiles: readonly number[];
  /** L0 of tokens at `quantiles`. */
  readonly l0Quantiles: readonly number[];
  /** Directions that the whitening keeps. */
  readonly rank: number;
}

const quantiles = [0.5, 0.9, 0.99, 0.999, 1];

/**
 * @param wDec float32 [dSae, d]; rows that never fire should be left out
 * @param l0 latents that fire on each evaluated token, any order
 * @param sample activations for the inner product, float32 [rows, d], raw units; about 100,000 are asked for [2nd]
 * @throws LoupeError `bad-request` for no tokens; kinds of whitening
 */
export function atomsFigures(wDec: Float32Array, d: number, l0: ArrayLike<number>, sample: Float32Array, options: WhiteningOptions = defaultWhitening): AtomsFigures {
  if (l0.length === 0) throw new LoupeError('bad-request', 'the Atoms figures need the L0 of at least one token');
  const product = whitening(secondMoment(sample, d), d, options);
  const counts = Float64Array.from(l0).sort();
  const whitened = scoped(() => whitenRows(tf.tensor2d(wDec, [wDec.length / d, d]), product).dataSync() as Float32Array);
  return {
    atomic: productFigures(whitened, d, counts), euclidean: productFigures(wDec, d, counts), rank: product.rank,
    quantiles, l0Quantiles: quantiles.map((q) => quantile(counts, q)),
  };
}

function productFigures(rows: Float32Array, d: number, counts: Float64Array): ProductFigures {
  const { max, mean, sorted } = coherenceOf(rows, rows.length / d, d);
  return {
    coherence: max, meanCoherence: mean, coherenceQuantiles: sorted.length === 0 ? [] : quantiles.map((q) => quantile(sorted, q)),
    uniqueK: largestUniqueK(max), isometricK: largestIsometricK(max), stability: stability(withMax(sorted, max), counts),
  };
}

/** The sampled pairs with the closest of all at the end, so that q = 1 is exact. */
function withMax(sorted: Float32Array, max: number): Float32Array {
  if (sorted.length > 0) sorted[sorted.length - 1] = max;
  return sorted;
}
