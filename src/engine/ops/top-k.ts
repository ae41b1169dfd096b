/**
 * The k largest positive pre-activations of each row: f = TopK(ReLU(x W_enc^T + b)) (Gao et al. 2024, arXiv 2406.04093, eq. 4).
 *
 * Ties go to the lower index. Selection is piecewise linear: the gradient is the identity on kept entries and 0 elsewhere.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import { packedEncode, packedPays, usablePrecision } from './low-precision.ts';
import type { Precision } from './low-precision.ts';

/** Sparse codes as tensors; unused slots have value 0 and index 0. */
export type TopKCodes = {
  /** float32 [rows, k] */
  readonly values: Tensor2D;
  /** int32 [rows, k] */
  readonly indices: Tensor2D;
};

/** The native selection works on stack buffers; larger k go through the stock ops. */
const nativeLargestK = 1024;
/** Entries of the pre-activation buffer: 32 MiB, so that memory stays bounded and the product stays large. */
const bufferEntries = 8 * 1024 * 1024;

function useNative(k: number): boolean {
  return k <= nativeLargestK && hasNative('LoupeMergeTopK');
}

/** How many latents one product takes at a time; the last block may be smaller. */
export function latentBlock(rows: number, dSae: number): number {
  const blocks = Math.max(1, Math.ceil((rows * dSae) / bufferEntries));
  return Math.min(dSae, Math.max(256, Math.ceil(dSae / blocks / 64) * 64));
}

/**
 * Codes of rows that the pre-encoder bias was already taken from. `wEnc` holds an encoder row a latent.
 *
 * @param centred float32 [rows, dIn]
 * @param wEnc float32 [dSae, dIn]
 * @param bEnc float32 [dSae]
 * @param k kept entries a row, at most dSae
 * @param precision how latents are chosen; the values kept are float32 ones
 * @throws LoupeError `not-finite` when a pre-activation is not a number
 */
export function encodeTopK(centred: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, k: number, precision: Precision = 'f32'): TopKCodes {
  const dSae = wEnc.shape[0];
  if (k > dSae) throw new LoupeError('bad-request', `k is ${k}, dSae is ${dSae}: choose k <= dSae`);
  const usable = usablePrecision(precision);
  if (!packedPays(centred.shape[0], k, usable)) return plainEncodeTopK(centred, wEnc, bEnc, k);
  try {
    return packedEncode(centred, wEnc, bEnc, k, usable);
  } catch (error) {
    throw notFiniteRow(error);
  }
}

/** The same by float32 products, a block of latents at a time; shapes as `encodeTopK`: centred float32 [rows, dIn]. */
export function plainEncodeTopK(centred: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, k: number): TopKCodes {
  const [rows, dIn] = centred.shape;
  const dSae = wEnc.shape[0];
  const block = useNative(k) ? latentBlock(rows, dSae) : dSae;
  const start = (): TopKCodes => ({ values: tf.zeros([rows, 0]), indices: tf.zeros([rows, 0], 'int32') });
  return tf.tidy(() => {
    let codes = start();
    for (let first = 0; first < dSae; first += block) {
      const width = Math.min(block, dSae - first);
      codes = tf.tidy(() => {
        const pre = tf.matMul(centred, tf.slice(wEnc, [first, 0], [width, dIn]), false, true) as Tensor2D;
        return mergeTopK(pre, tf.slice(bEnc, [first], [width]), codes, k, first);
      });
    }
    return codes;
  });
}

/**
 * Merges a block of latents into the selection so far.
 *
 * @param pre float32 [rows, block]: x W_enc^T of the latents `first` to `first + block`
 * @param bias float32 [block]
 * @param held the selection among the latents below `first`: [rows, k], or [rows, 0] at first
 */
export function mergeTopK(pre: Tensor2D, bias: Tensor1D, held: TopKCodes, k: number, first: number): TopKCodes {
  return useNative(k) ? nativeMergeTopK(pre, bias, held, k, first) : stockMergeTopK(pre, bias, held, k, first);
}

function nativeMergeTopK(pre: Tensor2D, bias: Tensor1D, held: TopKCodes, k: number, first: number): TopKCodes {
  const inputs = [pre, bias, held.values, held.indices] as Tensor[];
  try {
    const [values, indices] = executeNative('LoupeMergeTopK', { k: { int: k }, first: { int: first } }, inputs, 2);
    return { values: values as Tensor2D, indices: indices as Tensor2D };
  } catch (error) {
    throw notFiniteRow(error);
  }
}

/** What to throw for an encoder's error that may say which row is not finite: kind not-finite then, the error itself otherwise. */
export function notFiniteRow(error: unknown): unknown {
  const row = /NOT_FINITE row (\d+)/.exec(String(error))?.[1];
  return row === undefined ? error : notFinite(`row ${row}`);
}

function notFinite(where: string): LoupeError {
  return new LoupeError('not-finite', `a pre-activation is not a finite number (${where}): the activations or the weights are broken`);
}

/** The same in stock ops: entries by ascending index, as the native kernel gives them. pre float32 [rows, block]. */
export function stockMergeTopK(pre: Tensor2D, bias: Tensor1D, held: TopKCodes, k: number, first: number): TopKCodes {
  return tf.tidy(() => {
    const u = tf.add(pre, bias);
    if (tf.sum(tf.mul(u, 0)).dataSync()[0] !== 0) throw notFinite('stock ops');
    const width = pre.shape[1];
    const all = tf.concat([held.values, tf.relu(u), tf.zeros([u.shape[0], Math.max(0, k - width)])], 1);
    const top = tf.topk(all, k);
    const blockIndices = tf.tile(tf.reshape(tf.range(first, first + width, 1, 'int32'), [1, width]), [u.shape[0]!, 1]);
    const names = tf.concat([held.indices, blockIndices, tf.zeros([u.shape[0], Math.max(0, k - width)], 'int32')], 1);
    const indices = gatherRows(names as Tensor2D, top.indices as Tensor2D);
    return byAscendingIndex(top.values as Tensor2D, indices, first + width);
  });
}

/** table [rows, width], at int32 [rows, k] -> [rows, k]. */
function gatherRows(table: Tensor2D, at: Tensor2D): Tensor2D {
  const [rows, width] = table.shape;
  const offsets = tf.reshape(tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(width, 'int32')), [rows, 1]);
  const flat = tf.cast(tf.reshape(tf.add(at, offsets), [-1]), 'int32') as Tensor1D;
  return tf.reshape(tf.gather(tf.reshape(table, [-1]), flat), at.shape);
}

/** Sorts each row by index, unused slots (value 0) last with index 0. Exact for indices below 2^24. */
function byAscendingIndex(values: Tensor2D, indices: Tensor2D, latents: number): TopKCodes {
  const used = tf.greater(values, 0);
  const key = tf.where(used, tf.neg(tf.cast(indices, 'float32')), tf.fill(values.shape, -latents - 1));
  const order = tf.topk(key, values.shape[1]).indices as Tensor2D;
  const sorted = gatherRows(values, order);
  const names = tf.where(tf.greater(sorted, 0), gatherRows(indices, order), tf.zerosLike(indices));
  return { values: sorted, indices: tf.cast(names, 'int32') as Tensor2D };
}

/**
 * The dense form with its gradient, for autograd: keeps the k largest positive entries of each row of `u`, zero elsewhere.
 *
 * @param u float32 [rows, dSae]
 */
export function topKDense(u: Tensor2D, k: number): Tensor2D {
  const forward = (input: Tensor, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    const kept = tf.tidy(() => {
      const pre = input as Tensor2D;
      const empty: TopKCodes = { values: tf.zeros([pre.shape[0], 0]), indices: tf.zeros([pre.shape[0], 0], 'int32') };
      return scatterCodes(mergeTopK(pre, tf.zeros([pre.shape[1]]), empty, k, 0), pre.shape[1]);
    });
    save([kept]);
    return { value: kept, gradFunc: (dy, saved) => tf.mul(dy, tf.cast(tf.greater(saved[0]!, 0), 'float32')) };
  };
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(u) as Tensor2D;
}

/** Sparse codes [rows, k] as a dense float32 [rows, dSae]. */
export function scatterCodes(codes: TopKCodes, dSae: number): Tensor2D {
  return tf.tidy(() => {
    const [rows, k] = codes.values.shape;
    const row = tf.tile(tf.reshape(tf.range(0, rows, 1, 'int32'), [rows, 1]), [1, k]);
    const at = tf.stack([tf.reshape(row, [-1]), tf.reshape(codes.indices, [-1])], 1);
    return tf.scatterND(at, tf.reshape(codes.values, [-1]), [rows, dSae]) as Tensor2D;
  });
}
