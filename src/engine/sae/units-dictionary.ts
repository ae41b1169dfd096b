/**
 * The units of a layer as a dictionary: latent i is coordinate i of `blocks.L.mlp.hook_post`, and what it writes is the unit's own direction.
 * Nothing is trained, so that a unit is read, shown, steered and ablated by the same code as a latent.
 *
 * Where each unit has a direction, the dictionary reads the units and gives hook_mlp_out, as a transcoder does, and gives it exactly. Where units have
 * none (Monet), it gives the units back: what changes one changes it at its own hook.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { UnitsFacts } from '../../shared/schema/units.ts';
import { Strongest } from '../interp/strongest.ts';
import { scoped } from '../ops/scope.ts';
import { denseCodes } from '../ops/sparse-codes.ts';
import { oneGroup, sparseDecode } from '../ops/sparse-decode.ts';
import type { Dictionary, DictionaryProvenance, SparseCodes } from './dictionary.ts';
import { denseChunkRows, raggedCodes, sliceCodes } from './inference.ts';

/** The directions: rows float32 [units, dModel], bias float32 [dModel]. */
export interface UnitRows {
  readonly rows: Float32Array;
  readonly bias: Float32Array;
}

/** Codes as wide as their fullest row. */
function packed(lists: readonly (readonly [indices: Int32Array, values: Float32Array])[]): SparseCodes {
  const width = lists.reduce((most, [indices]) => Math.max(most, indices.length), 0);
  const codes = { rows: lists.length, width, indices: new Int32Array(lists.length * width), values: new Float32Array(lists.length * width) };
  lists.forEach(([indices, values], row) => {
    codes.indices.set(indices, row * width);
    codes.values.set(values, row * width);
  });
  return codes;
}

/** All coordinates of x float32 [d] that are not 0, rising. */
function nonZero(x: Float32Array): [Int32Array, Float32Array] {
  let n = 0;
  for (let i = 0; i < x.length; i++) if (x[i] !== 0) n++;
  const [indices, values] = [new Int32Array(n), new Float32Array(n)];
  for (let i = 0, at = 0; at < n; i++) {
    if (x[i] === 0) continue;
    indices[at] = i;
    values[at++] = x[i]!;
  }
  return [indices, values];
}

/** The `keep` largest of them by size, rising by index; of equal ones the lower. */
function largest(x: Float32Array, keep: number): [Int32Array, Float32Array] {
  const best = new Strongest(keep);
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]!);
    if (size > best.bound && size > 0) best.offer(i, size);
  }
  const indices = best.ids.slice(0, best.size).sort();
  return [indices, Float32Array.from(indices, (i) => x[i]!)];
}

export class UnitsDictionary implements Dictionary {
  readonly dIn: number;
  readonly dSae: number;
  readonly dOut: number;
  readonly provenance: DictionaryProvenance;
  readonly wDec: Float32Array;
  readonly bDec: Float32Array;
  readonly units: UnitsFacts;
  /** null: without directions, or disposed. */
  #tensors: { readonly rows: Tensor2D; readonly bias: Tensor1D } | null = null;
  #disposed = false;

  /** `rows`: the directions of `facts.units` units, null where they have none. `provenance` is that of units-file.ts. */
  constructor(facts: UnitsFacts, rows: UnitRows | null, provenance: DictionaryProvenance) {
    this.units = facts;
    this.provenance = provenance;
    this.dIn = this.dSae = facts.units;
    this.dOut = rows?.bias.length ?? facts.units;
    this.wDec = rows?.rows ?? new Float32Array(0);
    this.bDec = rows?.bias ?? new Float32Array(0);
    if (rows !== null) this.#tensors = { rows: tf.keep(tf.tensor2d(rows.rows, [this.dSae, this.dOut])), bias: tf.keep(tf.tensor1d(rows.bias)) };
  }

  encode(x: Float32Array, rows: number): SparseCodes {
    this.#check(x, rows);
    const { keep, units } = this.units;
    return packed(Array.from({ length: rows }, (_, row) => {
      const own = x.subarray(row * units, (row + 1) * units);
      return keep === null ? nonZero(own) : largest(own, keep);
    }));
  }

  decode(codes: SparseCodes, x: Float32Array): Float32Array {
    this.#check(x, codes.rows);
    const out = new Float32Array(codes.rows * this.dOut);
    if (this.#tensors === null) {
      for (let slot = 0; slot < codes.values.length; slot++) if (codes.values[slot] !== 0) out[Math.floor(slot / codes.width) * this.dOut + codes.indices[slot]!] = codes.values[slot]!;
      return out;
    }
    const most = denseChunkRows(this.dSae);
    for (let row = 0; row < codes.rows; row += most) {
      const part = sliceCodes(codes, row, Math.min(most, codes.rows - row));
      out.set(scoped(() => this.#sum(part).dataSync<'float32'>()), row * this.dOut);
    }
    return out;
  }

  reconstruct(x: Float32Array, rows: number): Float32Array {
    return this.decode(this.encode(x, rows), x);
  }

  dispose(): void {
    if (this.#tensors !== null) tf.dispose([this.#tensors.rows, this.#tensors.bias]);
    this.#tensors = null;
    this.#disposed = true;
  }

  /** codes rows + bias, float32 [rows, dOut]. */
  #sum(codes: SparseCodes): Tensor2D {
    const { rows, bias } = this.#tensors!;
    const ragged = raggedCodes(codes);
    // Gathering so many rows would cost more than the whole product.
    if (ragged.values.size * 16 > codes.rows * this.dSae) return tf.add(tf.matMul(denseCodes(ragged, this.dSae), rows), bias);
    const none = tf.zeros([codes.rows, this.dOut]) as Tensor2D;
    return tf.reshape(sparseDecode(ragged, rows, bias, none, { groups: oneGroup(this.dSae), scale: 0, all: false }).error, none.shape);
  }

  #check(x: Float32Array, rows: number): void {
    if (this.#disposed) throw new LoupeError('disposed', 'the dictionary was disposed');
    if (x.length === rows * this.dIn) return;
    throw new LoupeError('mismatch', `x has ${x.length} entries, and ${rows} rows of ${this.dIn} units are ${rows * this.dIn}: are these the values of ${this.provenance.hookPoint}?`);
  }
}
