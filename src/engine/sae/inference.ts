/** Encoding and decoding with trained weights, on whatever backend is loaded. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { absTopKDense } from '../ops/abs-top-k.ts';
import { matchingPursuitDense } from '../ops/matching-pursuit.ts';
import { encodeTopK, scatterCodes } from '../ops/top-k.ts';
import { scoped } from '../ops/scope.ts';
import { denseCodes, flatCodes } from '../ops/sparse-codes.ts';
import type { SparseCodes as RaggedCodes } from '../ops/sparse-codes.ts';
import { oneGroup, sparseDecode } from '../ops/sparse-decode.ts';
import type { Dictionary, DictionaryProvenance, SparseCodes } from './dictionary.ts';
import type { DictionaryWeights } from './weights.ts';

/** Rows encoded at a time: bounds the dense pre-activations of a chunk. */
const chunkRows = 4096;
const denseEntries = 16 * 1024 * 1024;

export interface Normalised {
  readonly x: Tensor2D;
  /** Undoes the normalisation on float32 [rows, dIn]. */
  readonly undo: (y: Tensor2D) => Tensor2D;
}

/** SAELens' run-time input normalisations. x float32 [rows, dIn]. */
export function normaliseInput(x: Tensor2D, weights: Pick<DictionaryWeights, 'inputNorm' | 'dIn'>): Normalised {
  if (weights.inputNorm === 'none') return { x, undo: (y) => y };
  if (weights.inputNorm === 'constant-norm') {
    const factor = tf.div(Math.sqrt(weights.dIn), tf.norm(x, 2, 1, true));
    return { x: tf.mul(x, factor), undo: (y) => tf.div(y, factor) };
  }
  const mean = tf.mean(x, 1, true);
  const centred = tf.sub(x, mean) as Tensor2D;
  const deviation = tf.sqrt(tf.div(tf.sum(tf.square(centred), 1, true), Math.max(1, weights.dIn - 1)));
  return { x: tf.div(centred, tf.add(deviation, 1e-5)), undo: (y) => tf.add(tf.mul(y, deviation), mean) };
}

interface WeightTensors {
  readonly wEnc: Tensor2D;
  readonly wDec: Tensor2D;
  readonly bEnc: Tensor1D;
  readonly bDec: Tensor1D;
  readonly wSkip: Tensor2D | null;
}

/** A dictionary in use. Its weights live on the backend until `dispose`. */
export class LoadedDictionary implements Dictionary {
  readonly dIn: number;
  readonly dSae: number;
  readonly dOut: number;
  readonly provenance: DictionaryProvenance;
  readonly weights: DictionaryWeights;
  #tensors: WeightTensors | null;

  constructor(weights: DictionaryWeights, provenance: DictionaryProvenance) {
    const { dIn, dSae, dOut } = weights;
    this.dIn = dIn;
    this.dSae = dSae;
    this.dOut = dOut;
    this.weights = weights;
    this.provenance = provenance;
    this.#tensors = {
      wEnc: tf.keep(tf.tensor2d(weights.wEnc, [dSae, dIn])),
      wDec: tf.keep(tf.tensor2d(weights.wDec, [dSae, dOut])),
      bEnc: tf.keep(tf.tensor1d(weights.bEnc)),
      bDec: tf.keep(tf.tensor1d(weights.bDec)),
      wSkip: weights.wSkip === null ? null : tf.keep(tf.tensor2d(weights.wSkip, [dOut, dIn])),
    };
  }

  get wDec(): Float32Array {
    return this.weights.wDec;
  }

  get bDec(): Float32Array {
    return this.weights.bDec;
  }

  encode(x: Float32Array, rows: number): SparseCodes {
    this.#check(x, rows);
    return joinCodes(this.#chunks(x, rows).map(([part, count]) => this.#encodeChunk(part, count)));
  }

  reconstruct(x: Float32Array, rows: number): Float32Array {
    this.#check(x, rows);
    const out = new Float32Array(rows * this.dOut);
    let at = 0;
    for (const [part, count] of this.#chunks(x, rows)) {
      const y = scoped(() => this.#reconstructChunk(tf.tensor2d(part, [count, this.dIn])).dataSync());
      out.set(y, at);
      at += y.length;
    }
    return out;
  }

  decode(codes: SparseCodes, x: Float32Array): Float32Array {
    this.#check(x, codes.rows);
    const out = new Float32Array(codes.rows * this.dOut);
    let row = 0;
    for (const [part, count] of this.#chunks(x, codes.rows)) {
      out.set(scoped(() => this.#decodeChunk(sliceCodes(codes, row, count), tf.tensor2d(part, [count, this.dIn])).dataSync()), row * this.dOut);
      row += count;
    }
    return out;
  }

  dispose(): void {
    if (this.#tensors !== null) for (const tensor of Object.values(this.#tensors)) (tensor as Tensor2D | null)?.dispose();
    this.#tensors = null;
  }

  get #held(): WeightTensors {
    if (this.#tensors === null) throw new LoupeError('disposed', 'the dictionary was disposed');
    return this.#tensors;
  }

  #check(x: Float32Array, rows: number): void {
    if (x.length !== rows * this.dIn) {
      throw new LoupeError('mismatch', `x has ${x.length} entries, and ${rows} rows of dIn ${this.dIn} are ${rows * this.dIn}: are these activations of the dictionary's hook?`);
    }
  }

  #chunks(x: Float32Array, rows: number): [Float32Array, number][] {
    return rowChunks(x, rows, this.weights.form.kind === 'topk' ? chunkRows : denseChunkRows(this.dSae));
  }

  #encodeChunk(x: Float32Array, rows: number): SparseCodes {
    const { form } = this.weights;
    if (form.kind !== 'topk') return scoped(() => sparseOf(this.#dense(this.#centred(tf.tensor2d(x, [rows, this.dIn])).x)));
    return scoped(() => {
      const { wEnc, bEnc } = this.#held;
      const codes = encodeTopK(this.#centred(tf.tensor2d(x, [rows, this.dIn])).x, wEnc, bEnc, form.k);
      return { rows, width: form.k, indices: codes.indices.dataSync() as Int32Array, values: codes.values.dataSync() as Float32Array };
    });
  }

  #centred(x: Tensor2D): Normalised {
    const normalised = normaliseInput(x, this.weights);
    return this.weights.centresInput ? { ...normalised, x: tf.sub(normalised.x, this.#held.bDec) } : normalised;
  }

  /** Latents of the forms that are no plain TopK, float32 [rows, dSae]. */
  #dense(centred: Tensor2D): Tensor2D {
    const { form } = this.weights;
    const { wEnc, wDec, bEnc } = this.#held;
    if (form.kind === 'matching-pursuit') return matchingPursuitDense(centred, wDec, form.steps, form.tolerance, 'rectified', form.untilRepeat);
    const product = tf.matMul(centred, wEnc, false, true) as Tensor2D;
    if (form.kind === 'gated') return gatedLatents(product, form);
    const u = tf.add(product, bEnc) as Tensor2D;
    if (form.kind === 'abs-topk') return absTopKDense(u, form.k);
    if (form.kind !== 'jumprelu') return tf.relu(u);
    return tf.mul(tf.relu(u), tf.cast(tf.greater(u, tf.tensor1d(form.threshold)), 'float32'));
  }

  #reconstructChunk(x: Tensor2D): Tensor2D {
    const { wEnc, wDec, bEnc } = this.#held;
    const { form } = this.weights;
    const centred = this.#centred(x);
    if (form.kind !== 'topk') return this.#finish(tf.add(tf.matMul(this.#dense(centred.x), wDec), this.#held.bDec), x, centred);
    return this.#finish(this.#sparseSum(flatCodes(encodeTopK(centred.x, wEnc, bEnc, form.k))), x, centred);
  }

  #decodeChunk(codes: SparseCodes, x: Tensor2D): Tensor2D {
    const ragged = raggedCodes(codes);
    const { wDec, bDec } = this.#held;
    // gathering so many rows would cost more than the whole product
    const crowded = ragged.values.size * 16 > codes.rows * this.dSae;
    const sum = crowded ? (tf.add(tf.matMul(denseCodes(ragged, this.dSae), wDec), bDec) as Tensor2D) : this.#sparseSum(ragged);
    return this.#finish(sum, x, normaliseInput(x, this.weights));
  }

  /** codes wDec + bDec, float32 [rows, dOut]. */
  #sparseSum(codes: RaggedCodes): Tensor2D {
    const { wDec, bDec } = this.#held;
    const none = tf.zeros([codes.offsets.shape[0] - 1, this.dOut]) as Tensor2D;
    return tf.reshape(sparseDecode(codes, wDec, bDec, none, { groups: oneGroup(this.dSae), scale: 0, all: false }).error, none.shape);
  }

  /** Undoes the norm taken at run time, and adds the skip connection. */
  #finish(sum: Tensor2D, x: Tensor2D, { undo }: Normalised): Tensor2D {
    const y = undo(sum);
    const { wSkip } = this.#held;
    return wSkip === null ? y : tf.add(y, tf.matMul(x, wSkip, false, true));
  }
}

/** Rows first..first+count of the codes. */
export function sliceCodes({ width, indices, values }: SparseCodes, first: number, count: number): SparseCodes {
  const range = [first * width, (first + count) * width] as const;
  return { rows: count, width, indices: indices.subarray(...range), values: values.subarray(...range) };
}

/** The codes as tensors, without unused slots. */
export function raggedCodes({ rows, width, indices, values }: SparseCodes): RaggedCodes {
  const kept = values.reduce((count, value) => count + Number(value !== 0), 0);
  const [own, ownIndices, offsets] = [new Float32Array(kept), new Int32Array(kept), new Int32Array(rows + 1)];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let slot = row * width; slot < (row + 1) * width; slot++) {
      if (values[slot] === 0) continue;
      ownIndices[at] = indices[slot]!;
      own[at++] = values[slot]!;
    }
    offsets[row + 1] = at;
  }
  return { values: tf.tensor1d(own), indices: tf.tensor1d(ownIndices, 'int32'), offsets: tf.tensor1d(offsets, 'int32') };
}

/** f = 1[x W + b_gate > 0] * ReLU((x W) exp(r_mag) + b_mag) (arXiv 2404.16014, eq. 5), from x W float32 [rows, dSae]. */
function gatedLatents(product: Tensor2D, form: { readonly bGate: Float32Array; readonly bMag: Float32Array; readonly rMag: Float32Array }): Tensor2D {
  const open = tf.cast(tf.greater(tf.add(product, tf.tensor1d(form.bGate)), 0), 'float32');
  const magnitude = tf.relu(tf.add(tf.mul(product, tf.exp(tf.tensor1d(form.rMag))), tf.tensor1d(form.bMag)));
  return tf.mul(open, magnitude) as Tensor2D;
}

/** Rows whose dense latents are computed at a time. */
export function denseChunkRows(dSae: number): number {
  return Math.max(1, Math.min(chunkRows, Math.floor(denseEntries / dSae)));
}

/** x float32 [rows, d] in consecutive parts of at most `most` rows, each with its count. */
export function rowChunks(x: Float32Array, rows: number, most: number): [Float32Array, number][] {
  const d = x.length / rows;
  const chunks: [Float32Array, number][] = [];
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    chunks.push([x.subarray(first * d, (first + count) * d), count]);
  }
  return chunks;
}

/** Dense latents [rows, dSae] with as many slots a row as the fullest one needs. */
export function sparseOf(latents: Tensor2D): SparseCodes {
  const [rows, dSae] = latents.shape;
  const dense = latents.dataSync() as Float32Array;
  const counts = new Int32Array(rows);
  for (let i = 0; i < dense.length; i++) if (dense[i] !== 0) counts[(i / dSae) | 0]!++;
  const width = counts.reduce((most, count) => Math.max(most, count), 0);
  const codes = { rows, width, indices: new Int32Array(rows * width), values: new Float32Array(rows * width) };
  for (let row = 0; row < rows; row++) {
    let slot = row * width;
    for (let j = 0; j < dSae; j++) {
      const value = dense[row * dSae + j]!;
      if (value === 0) continue;
      codes.indices[slot] = j;
      codes.values[slot++] = value;
    }
  }
  return codes;
}

/** Codes of consecutive rows as one, as wide as the widest part. */
export function joinCodes(parts: readonly SparseCodes[]): SparseCodes {
  if (parts.length === 1) return parts[0]!;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const width = parts.reduce((most, part) => Math.max(most, part.width), 0);
  const joined = { rows, width, indices: new Int32Array(rows * width), values: new Float32Array(rows * width) };
  let row = 0;
  for (const part of parts) {
    for (let r = 0; r < part.rows; r++, row++) {
      joined.indices.set(part.indices.subarray(r * part.width, (r + 1) * part.width), row * width);
      joined.values.set(part.values.subarray(r * part.width, (r + 1) * part.width), row * width);
    }
  }
  return joined;
}

/** Sparse codes as dense latents, float32 [rows, dSae]. */
export function denseLatents(codes: SparseCodes, dSae: number): Float32Array {
  return scoped(() => {
    const values = tf.tensor2d(codes.values, [codes.rows, codes.width]);
    const indices = tf.tensor2d(codes.indices, [codes.rows, codes.width], 'int32');
    return scatterCodes({ values, indices }, dSae).dataSync() as Float32Array;
  });
}
