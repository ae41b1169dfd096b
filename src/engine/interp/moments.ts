/**
 * Sums over the counted tokens that correlations need: of each feature, of each dimension of the hook's activation, and of their products.
 *
 * One more pass over the activations, block by block after the codes are there. Activations are taken relative to their mean over the first
 * block, which no correlation depends on and which keeps float32 sums exact enough. Kept in `moments.safetensors`, which is written when the
 * pass ends, when it is stopped and every minute: a killed pass goes on after the last block that was written.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { hasNative } from '../backend/native-binding.ts';
import { openSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { breathe } from '../job.ts';
import type { JobContext } from '../job.ts';
import { oneGroup, sparseDecode } from '../ops/sparse-decode.ts';
import type { ActivationStore } from '../store/types.ts';
import { readBlock } from './codes.ts';
import type { BlockPlan } from './encode-pass.ts';
import { throwIfStopped } from './encode-pass.ts';

export interface Moments {
  /** Blocks that are in. */
  blocks: number;
  /** Sum and sum of squares of each feature, float64 [dSae] */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  /** What activations are taken relative to, float32 [d] */
  readonly shift: Float32Array;
  /** Of each dimension, float64 [d] */
  readonly xSums: Float64Array;
  readonly xSquares: Float64Array;
  /** Feature times dimension, float32 [dSae, d] */
  readonly products: Float32Array;
}

/** Features whose products are made at a time. */
const featureBlock = 4096;
const saveEvery = 60_000;

export function momentsPath(folder: string): string {
  return join(folder, 'moments.safetensors');
}

const bytesOf = (array: Float64Array): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
const doubles = (bytes: Uint8Array): Float64Array => new Float64Array(bytes.slice().buffer);

function save(folder: string, moments: Moments, d: number): void {
  const raw = (array: Float64Array) => ({ dtype: 'U8' as const, shape: [array.byteLength], data: bytesOf(array) });
  writeSafetensors(momentsPath(folder), {
    sums: raw(moments.sums), squares: raw(moments.squares), x_sums: raw(moments.xSums), x_squares: raw(moments.xSquares),
    shift: { dtype: 'F32', shape: [d], data: moments.shift }, products: { dtype: 'F32', shape: [moments.sums.length, d], data: moments.products },
  }, { blocks: String(moments.blocks) });
}

/** What was saved in `folder`, or everything at 0. */
export function readMoments(folder: string, dSae: number, d: number): Moments {
  if (!existsSync(momentsPath(folder))) {
    return {
      blocks: 0, sums: new Float64Array(dSae), squares: new Float64Array(dSae), shift: new Float32Array(d), xSums: new Float64Array(d), xSquares: new Float64Array(d),
      products: new Float32Array(dSae * d),
    };
  }
  const file = openSafetensors(momentsPath(folder));
  try {
    return {
      blocks: Number(file.metadata['blocks']), sums: doubles(file.readBytes('sums')), squares: doubles(file.readBytes('squares')), shift: file.readFloat32('shift'),
      xSums: doubles(file.readBytes('x_sums')), xSquares: doubles(file.readBytes('x_squares')), products: file.readFloat32('products'),
    };
  } finally {
    file.close();
  }
}

/** Mean of the counted rows of x, float32 [rows, d]. */
function meanOf(x: Float32Array, mask: Uint8Array, d: number): Float32Array {
  const sums = new Float64Array(d);
  let n = 0;
  mask.forEach((counts, row) => {
    if (counts === 0) return;
    n++;
    for (let j = 0; j < d; j++) sums[j]! += x[row * d + j]!;
  });
  return Float32Array.from(sums, (sum) => (n === 0 ? 0 : sum / n));
}

/** Takes the shift off the counted rows and adds up what is left; other rows are set to 0. */
function addActivations(moments: Moments, x: Float32Array, mask: Uint8Array): void {
  const { shift, xSums, xSquares } = moments;
  const d = shift.length;
  for (let row = 0; row < mask.length; row++) {
    const at = row * d;
    if (mask[row] === 0) {
      x.fill(0, at, at + d);
      continue;
    }
    for (let j = 0; j < d; j++) {
      const value = Math.fround(x[at + j]! - shift[j]!);
      x[at + j] = value;
      xSums[j]! += value;
      xSquares[j]! += value * value;
    }
  }
}

interface BlockCodes {
  readonly offsets: Int32Array;
  /** Rows within the block. */
  readonly rows: Int32Array;
  readonly values: Float32Array;
}

/** products[f] += sum over f's firings of value * x[row], a firing at a time: the readable twin. x float32 [rows, d]. */
export function plainProducts(codes: BlockCodes, x: Float32Array, d: number, products: Float32Array): void {
  for (let feature = 0; feature + 1 < codes.offsets.length; feature++) {
    const at = feature * d;
    for (let p = codes.offsets[feature]!; p < codes.offsets[feature + 1]!; p++) {
      const value = codes.values[p]!;
      const from = codes.rows[p]! * d;
      for (let j = 0; j < d; j++) products[at + j]! += value * x[from + j]!;
    }
  }
}

/** The same by the op that decodes sparse codes: features are its rows, and the tokens of the block its latents. */
export function kernelProducts(codes: BlockCodes, x: Float32Array, d: number, products: Float32Array, together = featureBlock): void {
  const dSae = codes.offsets.length - 1;
  const table = tf.tensor2d(x, [x.length / d, d]);
  const bias = tf.zeros([d]) as Tensor1D;
  for (let first = 0; first < dSae; first += together) {
    const n = Math.min(together, dSae - first);
    const [begin, end] = [codes.offsets[first]!, codes.offsets[first + n]!];
    if (begin === end) continue;
    const error = tf.tidy(() => {
      const tensors = {
        values: tf.tensor1d(codes.values.subarray(begin, end)), indices: tf.tensor1d(codes.rows.subarray(begin, end), 'int32'),
        offsets: tf.tensor1d(codes.offsets.subarray(first, first + n + 1).map((offset) => offset - begin), 'int32'),
      };
      return sparseDecode(tensors, table, bias, tf.zeros([n, d]) as Tensor2D, { groups: oneGroup(x.length / d), scale: 0, all: false }).error;
    });
    const sums = error.dataSync<'float32'>();
    for (let i = 0; i < sums.length; i++) products[first * d + i]! += sums[i]!;
    error.dispose();
  }
  tf.dispose([table, bias]);
}

function addBlock(moments: Moments, store: ActivationStore, hook: string, folder: string, plan: BlockPlan): void {
  const { contexts, contextLength } = store.manifest;
  const first = moments.blocks * plan.blockContexts;
  const n = Math.min(plan.blockContexts, contexts - first);
  const d = moments.shift.length;
  const codes = readBlock(folder, moments.blocks);
  for (let feature = 0; feature < moments.sums.length; feature++) {
    for (let p = codes.offsets[feature]!; p < codes.offsets[feature + 1]!; p++) {
      moments.sums[feature]! += codes.values[p]!;
      moments.squares[feature]! += codes.values[p]! * codes.values[p]!;
    }
  }
  if (d > 0) addProducts(moments, store.activations(hook, first, n), store.mask(first, n), { ...codes, rows: codes.rows.map((row) => row - first * contextLength) });
  moments.blocks++;
}

/** The part of a block that the hook's dimensions take; x float32 [rows, d] is overwritten. */
function addProducts(moments: Moments, x: Float32Array, mask: Uint8Array, codes: BlockCodes): void {
  const d = moments.shift.length;
  if (moments.blocks === 0) moments.shift.set(meanOf(x, mask, d));
  addActivations(moments, x, mask);
  (hasNative('LoupeSparseDecode') ? kernelProducts : plainProducts)(codes, x, d, moments.products);
}

/** Runs the pass, or what is left of it, over `d` dimensions: all of the hook, or 0 for the features alone. Kinds cancelled, no-space. */
export async function gatherMoments(
  store: ActivationStore, hook: string, { dSae, d }: { readonly dSae: number; readonly d: number }, folder: string, plan: BlockPlan, context: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Moments> {
  const moments = readMoments(folder, dSae, d);
  const [start, already] = [performance.now(), moments.blocks];
  let saved = start;
  while (moments.blocks < plan.blocks) {
    await breathe();
    if (context.signal.aborted && moments.blocks > already) save(folder, moments, d);
    throwIfStopped(context.signal);
    addBlock(moments, store, hook, folder, plan);
    if (moments.blocks === plan.blocks || performance.now() - saved > saveEvery) {
      save(folder, moments, d);
      saved = performance.now();
    }
    const eta = ((performance.now() - start) / 1000 / (moments.blocks - already)) * (plan.blocks - moments.blocks);
    context.progress({ phase: 'correlate', step: moments.blocks, total: plan.blocks, tokensPerSecond: null, etaSeconds: eta, metrics: {}, message: null });
  }
  return moments;
}
