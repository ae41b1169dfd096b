/** A dictionary that activations are added to: atoms of norm 1 and the Gram matrix that pursuit needs, in arrays that double as they fill. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { scoped } from '../../ops/scope.ts';

export class GrowingDictionary {
  readonly d: number;
  readonly cap: number;
  /** Atoms so far. */
  count = 0;
  #room: number;
  #atoms: Float32Array;
  #gram: Float32Array;

  /** For at most `cap` atoms of width `d`. */
  constructor(d: number, cap: number) {
    this.d = d;
    this.cap = cap;
    this.#room = Math.min(cap, 256);
    this.#atoms = new Float32Array(this.#room * d);
    this.#gram = new Float32Array(this.#room * this.#room);
  }

  get full(): boolean {
    return this.count === this.cap;
  }

  /** float32 [count, d], a view that the next `append` may leave behind. */
  get atoms(): Float32Array {
    return this.#atoms.subarray(0, this.count * this.d);
  }

  /** Inner products of the atoms. Valid until the next `append`. */
  get gram(): { readonly values: Float32Array; readonly stride: number } {
    return { values: this.#gram, stride: this.#room };
  }

  /** Inner products of x float32 [rows, d] with the atoms, float32 [rows, count]. */
  products(x: Tensor2D): Float32Array {
    if (this.count === 0) return new Float32Array(0);
    return scoped(() => tf.matMul(x, tf.tensor2d(this.atoms, [this.count, this.d]), false, true).dataSync() as Float32Array);
  }

  /** Atoms float32 [count, d] and their inner products [count, count] as tensors, which the caller disposes. */
  tensors(): { readonly atoms: Tensor2D; readonly gram: Tensor2D } {
    const { count, d } = this;
    const gram = new Float32Array(count * count);
    for (let j = 0; j < count; j++) gram.set(this.#gram.subarray(j * this.#room, j * this.#room + count), j * count);
    return { atoms: tf.tensor2d(this.atoms, [count, d]), gram: tf.tensor2d(gram, [count, count]) };
  }

  /** The inner product of float32 [d], at `offset` of `x`, with one atom. */
  product(x: Float32Array, offset: number, atom: number): number {
    const [atoms, at] = [this.#atoms, atom * this.d];
    const whole = this.d - (this.d % 4);
    let [a, b, c, e] = [0, 0, 0, 0];
    for (let i = 0; i < whole; i += 4) {
      a += x[offset + i]! * atoms[at + i]!;
      b += x[offset + i + 1]! * atoms[at + i + 1]!;
      c += x[offset + i + 2]! * atoms[at + i + 2]!;
      e += x[offset + i + 3]! * atoms[at + i + 3]!;
    }
    for (let i = whole; i < this.d; i++) a += x[offset + i]! * atoms[at + i]!;
    return a + b + (c + e);
  }

  /**
   * Adds x / norm, from float32 [d] at `offset` of `x`. The dictionary must not be full. The Gram matrix depends on the atoms alone, not on how
   * they came in, so that a resumed build goes on with the same bits.
   */
  append(x: Float32Array, offset: number, norm: number): void {
    if (this.count === this.#room) this.#grow();
    const { d, count } = this;
    for (let i = 0; i < d; i++) this.#atoms[count * d + i] = x[offset + i]! / norm;
    for (let j = 0; j < count; j++) {
      const value = this.product(this.#atoms, count * d, j);
      this.#gram[count * this.#room + j] = value;
      this.#gram[j * this.#room + count] = value;
    }
    this.#gram[count * this.#room + count] = 1;
    this.count++;
  }

  #grow(): void {
    const room = Math.min(this.cap, this.#room * 2);
    const atoms = new Float32Array(room * this.d);
    atoms.set(this.#atoms);
    const gram = new Float32Array(room * room);
    for (let j = 0; j < this.count; j++) gram.set(this.#gram.subarray(j * this.#room, j * this.#room + this.count), j * room);
    [this.#room, this.#atoms, this.#gram] = [room, atoms, gram];
  }
}
