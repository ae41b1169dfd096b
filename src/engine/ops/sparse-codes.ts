/**
 * Sparse codes of a batch, with as many entries a row as it needs: those of row r lie at offsets[r] .. offsets[r + 1], by ascending
 * index. What BatchTopK, ReLU and JumpReLU make of pre-activations u = x wEnc^T + bEnc, without a dense code.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import { notFiniteRow } from './top-k.ts';
import type { TopKCodes } from './top-k.ts';

export type SparseCodes = {
  /** float32 [entries]; entries of value 0 are unused */
  readonly values: Tensor1D;
  /** int32 [entries] */
  readonly indices: Tensor1D;
  /** int32 [rows + 1] */
  readonly offsets: Tensor1D;
};

/** Entries of the pre-activation buffer: 32 MiB, so that memory stays bounded and the product stays large. */
const bufferEntries = 8 * 1024 * 1024;

/** Rows whose pre-activations are made at a time. */
export function rowBlock(dSae: number): number {
  return Math.max(16, Math.floor(bufferEntries / dSae / 16) * 16);
}

/** Codes of k slots a row, as they are. values float32 [rows, k]. */
export function flatCodes({ values, indices }: TopKCodes): SparseCodes {
  const [rows, k] = values.shape;
  return { values: tf.reshape(values, [-1]), indices: tf.reshape(indices, [-1]), offsets: tf.range(0, (rows + 1) * k, k, 'int32') };
}

/** The row of each entry, int32 [entries]; `offsets` int32 [rows + 1]. */
export function rowsOf(offsets: Tensor1D): Int32Array {
  const ends = offsets.dataSync<'int32'>();
  const rows = new Int32Array(ends.at(-1)!);
  for (let row = 0; row + 1 < ends.length; row++) rows.fill(row, ends[row], ends[row + 1]);
  return rows;
}

/** Sparse codes as dense float32 [rows, dSae]; entries of one place add up. */
export function denseCodes(codes: SparseCodes, dSae: number): Tensor2D {
  return tf.tidy(() => {
    const at = tf.stack([tf.tensor1d(rowsOf(codes.offsets), 'int32'), codes.indices], 1);
    return tf.scatterND(at, codes.values, [codes.offsets.shape[0] - 1, dSae]) as Tensor2D;
  });
}

/**
 * Entries of u = pre + bias that are strictly above their latent's bound.
 *
 * @param pre float32 [rows, dSae]
 * @param bias float32 [dSae]
 * @param bound float32 [dSae]
 * @throws LoupeError `not-finite` when a pre-activation is not a number
 */
export function codesAbove(pre: Tensor2D, bias: Tensor1D, bound: Tensor1D): SparseCodes {
  if (!hasNative('LoupeCodesAbove')) return stockCodesAbove(pre, bias, bound);
  try {
    const [values, indices, offsets] = executeNative('LoupeCodesAbove', {}, [pre, bias, bound], 3);
    return { values, indices, offsets } as SparseCodes;
  } catch (error) {
    throw notFiniteRow(error);
  }
}

/** The same in plain loops; pre float32 [rows, dSae]. */
export function stockCodesAbove(pre: Tensor2D, bias: Tensor1D, bound: Tensor1D): SparseCodes {
  const [rows, dSae] = pre.shape;
  const u = tf.tidy(() => tf.add(pre, bias).dataSync<'float32'>());
  const limits = bound.dataSync<'float32'>();
  const [values, indices, offsets] = [[] as number[], [] as number[], new Int32Array(rows + 1)];
  for (let row = 0; row < rows; row++) {
    for (let latent = 0; latent < dSae; latent++) {
      const value = u[row * dSae + latent]!;
      if (!Number.isFinite(value)) throw notFiniteRow(`NOT_FINITE row ${row}`);
      if (!(value > limits[latent]!)) continue;
      values.push(value);
      indices.push(latent);
    }
    offsets[row + 1] = values.length;
  }
  return codesFrom(Float32Array.from(values), Int32Array.from(indices), offsets);
}

function codesFrom(values: Float32Array, indices: Int32Array, offsets: Int32Array): SparseCodes {
  return { values: tf.tensor1d(values), indices: tf.tensor1d(indices, 'int32'), offsets: tf.tensor1d(offsets, 'int32') };
}

/** The rows of several codes under one another. */
export function joinCodes(parts: readonly SparseCodes[]): SparseCodes {
  if (parts.length === 1) return parts[0]!;
  return tf.tidy(() => {
    let entries = 0;
    const offsets: Tensor1D[] = [tf.zeros([1], 'int32')];
    for (const { values, offsets: own } of parts) {
      offsets.push(tf.add(tf.slice(own, [1]), tf.scalar(entries, 'int32')));
      entries += values.shape[0];
    }
    const all = (name: 'values' | 'indices'): Tensor1D => tf.concat(parts.map((part) => part[name]));
    return { values: all('values'), indices: all('indices'), offsets: tf.concat(offsets) };
  });
}

/** The largest entries of a batch, and the smallest of them. */
export type LargestCodes = SparseCodes & {
  /** float32 []; 0 where nothing is kept */
  readonly least: Scalar;
};

/**
 * Keeps the `count` largest entries of all rows together, or all where there are fewer; ties go to the earlier entry.
 *
 * @param codes values float32 [entries], all positive
 */
export function largestCodes(codes: SparseCodes, count: number): LargestCodes {
  if (!hasNative('LoupeLargestCodes')) return stockLargestCodes(codes, count);
  const inputs: Tensor[] = [codes.values, codes.indices, codes.offsets];
  const [values, indices, offsets, least] = executeNative('LoupeLargestCodes', { count: { int: count } }, inputs, 4);
  return { values, indices, offsets, least } as LargestCodes;
}

/** The same by sorting; values float32 [entries]. */
export function stockLargestCodes(codes: SparseCodes, count: number): LargestCodes {
  const [values, indices, ends] = [codes.values.dataSync<'float32'>(), codes.indices.dataSync<'int32'>(), codes.offsets.dataSync<'int32'>()];
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b).subarray(0, count);
  const kept = order.toSorted();
  const offsets = new Int32Array(ends.length);
  let at = 0;
  for (let row = 1; row < ends.length; row++) {
    while (at < kept.length && kept[at]! < ends[row]!) at++;
    offsets[row] = at;
  }
  const codesKept = codesFrom(Float32Array.from(kept, (i) => values[i]!), Int32Array.from(kept, (i) => indices[i]!), offsets);
  return { ...codesKept, least: tf.scalar(order.length === 0 ? 0 : values[order.at(-1)!]!) };
}

/**
 * Entries of u = encoded wEnc^T + bEnc above their latent's bound, the product made in blocks of rows.
 *
 * @param encoded float32 [rows, dIn]
 * @param wEnc float32 [dSae, dIn]
 * @param bEnc float32 [dSae]
 * @param bound float32 [dSae]
 * @throws LoupeError `not-finite` when a pre-activation is not a number
 */
export function encodeAbove(encoded: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, bound: Tensor1D): SparseCodes {
  return tf.tidy(() => joinCodes(rowBlocks(encoded, wEnc).map(({ first, count }) => codesOfRows(encoded, first, count, wEnc, bEnc, bound))));
}

function rowBlocks(encoded: Tensor2D, wEnc: Tensor2D): { readonly first: number; readonly count: number }[] {
  const rows = encoded.shape[0];
  const block = rowBlock(wEnc.shape[0]);
  return Array.from({ length: Math.ceil(rows / block) }, (_, i) => ({ first: i * block, count: Math.min(block, rows - i * block) }));
}

function codesOfRows(encoded: Tensor2D, first: number, count: number, wEnc: Tensor2D, bEnc: Tensor1D, bound: Tensor1D): SparseCodes {
  return tf.tidy(() => {
    const part = count === encoded.shape[0] ? encoded : tf.slice(encoded, [first, 0], [count, encoded.shape[1]]);
    return codesAbove(tf.matMul(part as Tensor2D, wEnc, false, true), bEnc, bound);
  });
}

/** Candidates gathered, in multiples of what is kept, before they are narrowed. */
const candidateShare = 4;

/**
 * The `count` largest positive entries of u = encoded wEnc^T + bEnc over the whole batch (BatchTopK), or all where there are fewer; ties
 * go to the earlier row, then to the lower latent.
 *
 * @param encoded float32 [rows, dIn]
 * @param wEnc float32 [dSae, dIn]
 * @param bEnc float32 [dSae]
 * @param guess where the smallest kept entry is expected; the closer from below, the faster. The result does not depend on it.
 * @throws LoupeError `not-finite` when a pre-activation is not a number
 */
export function encodeBatchTopK(encoded: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, count: number, guess: number): LargestCodes {
  return tf.tidy(() => {
    let bound = Math.max(0, guess);
    let held: SparseCodes[] = [];
    let candidates = 0;
    for (const { first, count: rows } of rowBlocks(encoded, wEnc)) {
      held.push(codesOfRows(encoded, first, rows, wEnc, bEnc, tf.fill([wEnc.shape[0]], bound)));
      candidates += held.at(-1)!.values.shape[0];
      if (candidates <= candidateShare * count) continue;
      const narrowed = largestCodes(joinCodes(held), count);
      tf.dispose(held);
      [held, candidates, bound] = [[narrowed], count, narrowed.least.dataSync()[0]!];
    }
    if (candidates >= count || bound === 0) return largestCodes(joinCodes(held), count);
    // the guess was too high: there is more below it
    return encodeBatchTopK(encoded, wEnc, bEnc, count, 0);
  });
}

/** `count` rows at equal distances (neighbours may be of one context), or all: float32 [count, dIn] of x [rows, dIn]. */
export function spreadRows(x: Tensor2D, count: number): Tensor2D {
  const rows = x.shape[0];
  const taken = Math.min(rows, count);
  return tf.gather(x, tf.tensor1d(Int32Array.from({ length: taken }, (_, i) => Math.floor((i * rows) / taken)), 'int32'));
}

/**
 * A bound that about `candidateShare / 2` times the wanted entries lie above, from a few rows of the batch.
 *
 * @param encoded float32 [rows, dIn]
 * @param count entries wanted of the whole batch
 */
export function guessBound(encoded: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, count: number): number {
  return tf.tidy(() => {
    const some = spreadRows(encoded, 64);
    const u = tf.add(tf.matMul(some, wEnc, false, true), bEnc) as Tensor2D;
    const wanted = Math.ceil(((candidateShare / 2) * count * some.shape[0]) / encoded.shape[0]);
    if (wanted >= u.size) return 0;
    const codes = codesAbove(u, tf.zerosLike(bEnc), tf.zerosLike(bEnc));
    if (codes.values.shape[0] <= wanted) return 0;
    return largestCodes(codes, wanted).least.dataSync()[0]!;
  });
}
