/**
 * Choices over a whole batch: the largest affinities of the batch together (Mutual Choice, BatchTopK) or of each latent's column
 * (Feature Choice). Ayonrinde 2024, arXiv 2411.02124; Bussmann et al. 2024, arXiv 2412.06410.
 *
 * Only positive entries are ever chosen; ties go to the lower row, then to the lower latent. Selection is piecewise linear: the gradient
 * is the identity on kept entries and 0 elsewhere.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';

/**
 * Keeps the `count` largest positive entries of the batch, zero elsewhere; all of them where fewer are positive.
 *
 * @param u float32 [rows, dSae]
 * @param count kept entries of the whole batch
 * @throws LoupeError `not-finite` when an entry is not a finite number
 */
export function batchTopKDense(u: Tensor2D, count: number): Tensor2D {
  return selected(u, (values) => {
    const kept = new Float32Array(values.length);
    keepLargest(values, kept, 0, values.length, count);
    return kept;
  });
}

/**
 * Keeps in each column j its `counts[j]` largest positive entries, zero elsewhere.
 *
 * @param u float32 [rows, dSae]
 * @param counts int32 [dSae]: kept rows of each latent
 * @throws LoupeError `not-finite` when an entry is not a finite number
 */
export function columnTopKDense(u: Tensor2D, counts: Int32Array): Tensor2D {
  const [rows, dSae] = u.shape;
  if (counts.length !== dSae) throw new LoupeError('bad-request', `counts has ${counts.length} entries, u has ${dSae} columns: give one count a column`);
  // columns side by side in memory: a walk down a column of [rows, dSae] would miss the cache at every entry
  return tf.transpose(selected(tf.transpose(u), (values) => {
    const kept = new Float32Array(values.length);
    for (let latent = 0; latent < dSae; latent++) keepLargest(values, kept, latent * rows, (latent + 1) * rows, counts[latent]!);
    return kept;
  }, (at) => at % rows));
}

/**
 * A selection of positive entries as a differentiable op: the gradient is the identity on kept entries, 0 elsewhere.
 *
 * @param u float32 [rows, dSae]
 * @param select gives the kept values of u in their places, zero elsewhere
 * @param tokenOf the token that an entry belongs to, for the message of an error
 * @throws LoupeError `not-finite` when an entry is not a finite number
 */
export function selected(u: Tensor2D, select: (values: Float32Array) => Float32Array, tokenOf = (at: number): number => Math.floor(at / u.shape[1])): Tensor2D {
  const forward = (input: Tensor, save: (tensors: Tensor[]) => void): { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor } => {
    const values = input.dataSync<'float32'>();
    // a plain loop: findIndex takes several times as long, and a batch has tens of millions of entries
    for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at]!)) throw notFinite(tokenOf(at));
    const kept = tf.tensor(select(values), input.shape, 'float32');
    save([kept]);
    return { value: kept, gradFunc: (dy, saved) => tf.mul(dy, tf.cast(tf.greater(saved[0]!, 0), 'float32')) };
  };
  const op = tf.customGrad(forward as Parameters<typeof tf.customGrad>[0]);
  return op(u) as Tensor2D;
}

function notFinite(row: number): LoupeError {
  return new LoupeError('not-finite', `a pre-activation is not a finite number (row ${row}): the activations or the weights are broken`);
}

/** Copies the `count` largest positive values between `start` and `end` to the same places of `kept`. */
function keepLargest(values: Float32Array, kept: Float32Array, start: number, end: number, count: number): void {
  // the bits of positive floats, read as integers, are in the order of the floats
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const { least, ties } = leastKept(bits, start, end, count);
  let left = ties;
  for (let i = start; i < end; i++) {
    const key = bits[i]!;
    if (key > least || (key === least && left-- > 0)) kept[i] = values[i]!;
  }
}

/** Digits of a positive float's 31 bits, the highest first; `above` is where the digits before it begin. */
const digits = [{ shift: 20, bins: 2048, above: 31 }, { shift: 10, bins: 1024, above: 20 }, { shift: 0, bins: 1024, above: 10 }];
const histogram = new Int32Array(2048);

/**
 * The smallest of the `count` largest keys that are not negative, and how many keys equal to it are kept: a radix selection, one pass a digit.
 * Zeros may be among them, which changes nothing: they are kept as zeros.
 * Where all keys of a digit are wanted, the number just below them.
 */
function leastKept(bits: Int32Array, start: number, end: number, count: number): { readonly least: number; readonly ties: number } {
  let prefix = 0;
  let left = count;
  for (const { shift, bins, above } of digits) {
    histogram.fill(0, 0, bins);
    let found = 0;
    for (let i = start; i < end; i++) {
      const key = bits[i]!;
      if (key >> above !== prefix) continue;
      histogram[(key >> shift) & (bins - 1)]!++;
      found++;
    }
    if (found <= left) return { least: (prefix << above) - 1, ties: 0 };
    let bin = bins - 1;
    while (histogram[bin]! < left) left -= histogram[bin--]!;
    prefix = prefix * bins + bin;
  }
  return { least: prefix, ties: left };
}
