/** A dictionary whose function is its variant's own code: encoded and decoded by it, with all its weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { scoped } from '../ops/scope.ts';
import { denseCodes } from '../ops/sparse-codes.ts';
import type { AnyVariant, Sizes, Weights } from './definition.ts';
import type { Dictionary, DictionaryProvenance, SparseCodes } from './dictionary.ts';
import { denseChunkRows, joinCodes, raggedCodes, rowChunks, sliceCodes, sparseOf } from './inference.ts';

/** A tensor at rest. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The weights at rest, in the units that they were trained in. */
export interface OwnWeights {
  readonly sizes: Sizes;
  /** The variant's own fields. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Factors from raw to trained inputs, float32 [dIn]. */
  readonly inputScale: Float32Array;
  /** Factors from raw to trained targets, float32 [dOut]. */
  readonly outputScale: Float32Array;
}

export class OwnDictionary implements Dictionary {
  readonly dIn: number;
  readonly dSae: number;
  readonly dOut: number;
  readonly provenance: DictionaryProvenance;
  readonly variant: AnyVariant;
  readonly stored: OwnWeights;
  /** In raw units: a row over the output scale. */
  readonly wDec: Float32Array;
  readonly bDec: Float32Array;
  #weights: Weights | null;
  readonly #inputScale: Tensor1D;
  readonly #outputScale: Tensor1D;

  constructor(variant: AnyVariant, stored: OwnWeights, provenance: DictionaryProvenance) {
    this.variant = variant;
    this.stored = stored;
    this.provenance = provenance;
    ({ dIn: this.dIn, dSae: this.dSae, dOut: this.dOut } = stored.sizes);
    const raw = (name: string): Float32Array | undefined => stored.tensors[name]?.data.map((value, i) => value / stored.outputScale[i % this.dOut]!);
    this.wDec = raw('wDec') ?? new Float32Array(this.dSae * this.dOut);
    this.bDec = raw('bDec') ?? new Float32Array(this.dOut);
    this.#weights = Object.fromEntries(Object.entries(stored.tensors).map(([name, { data, shape }]) => [name, tf.keep(tf.tensor(data, [...shape]))]));
    this.#inputScale = tf.keep(tf.tensor1d(stored.inputScale));
    this.#outputScale = tf.keep(tf.tensor1d(stored.outputScale));
  }

  encode(x: Float32Array, rows: number): SparseCodes {
    return joinCodes(this.#parts(x, rows).map(([part, count]) => scoped(() => sparseOf(this.#latents(this.#scaled(part, count))))));
  }

  reconstruct(x: Float32Array, rows: number): Float32Array {
    const out = new Float32Array(rows * this.dOut);
    let at = 0;
    for (const [part, count] of this.#parts(x, rows)) {
      const y = scoped(() => {
        const scaled = this.#scaled(part, count);
        return this.#decoded(this.#latents(scaled), scaled).dataSync();
      });
      out.set(y, at);
      at += y.length;
    }
    return out;
  }

  decode(codes: SparseCodes, x: Float32Array): Float32Array {
    const out = new Float32Array(codes.rows * this.dOut);
    let row = 0;
    for (const [part, count] of this.#parts(x, codes.rows)) {
      const y = scoped(() => this.#decoded(denseCodes(raggedCodes(sliceCodes(codes, row, count)), this.dSae), this.#scaled(part, count)).dataSync());
      out.set(y, row * this.dOut);
      row += count;
    }
    return out;
  }

  dispose(): void {
    if (this.#weights === null) return;
    tf.dispose([...Object.values(this.#weights), this.#inputScale, this.#outputScale]);
    this.#weights = null;
  }

  /** In raw units, float32 [rows, dOut]. */
  #decoded(latents: Tensor2D, scaled: Tensor2D): Tensor {
    return tf.div(this.variant.decode(this.#weights!, latents, this.stored.config, scaled), this.#outputScale);
  }

  #latents(scaled: Tensor2D): Tensor2D {
    return this.variant.encode(this.#weights!, scaled, this.stored.config);
  }

  #scaled(x: Float32Array, rows: number): Tensor2D {
    return tf.mul(tf.tensor2d(x, [rows, this.dIn]) as Tensor, this.#inputScale) as Tensor2D;
  }

  #parts(x: Float32Array, rows: number): [Float32Array, number][] {
    if (this.#weights === null) throw new LoupeError('disposed', 'the dictionary was disposed');
    if (x.length !== rows * this.dIn) {
      throw new LoupeError('mismatch', `x has ${x.length} entries, and ${rows} rows of dIn ${this.dIn} are ${rows * this.dIn}: are these activations of the dictionary's hook?`);
    }
    return rowChunks(x, rows, denseChunkRows(this.dSae));
  }
}
