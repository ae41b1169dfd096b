/** A small fixed network behind synthetic activations, y = softmax(W2 relu(W1 x)): what end-to-end and gradient dictionaries are read out through. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../random.ts';
import type { Readout } from '../definition.ts';

const [hidden, classes] = [64, 16];

export class SyntheticReadout implements Readout {
  readonly #d: number;
  /** float32 [d, hidden] */
  readonly #w1: Float32Array;
  /** float32 [hidden, classes] */
  readonly #w2: Float32Array;

  constructor(d: number, seed: number) {
    const random = Random.from(seed, 'readout');
    this.#d = d;
    this.#w1 = random.normals(d * hidden, 1 / Math.sqrt(d));
    this.#w2 = random.normals(hidden * classes, 6 / Math.sqrt(hidden));
  }

  /** x float32 [rows, d], raw units; differentiable. */
  run(x: Tensor2D): { readonly logits: Tensor2D; readonly later: readonly Tensor2D[] } {
    const middle = tf.relu(tf.matMul(x, tf.tensor2d(this.#w1, [this.#d, hidden])));
    return { logits: tf.matMul(middle, tf.tensor2d(this.#w2, [hidden, classes])), later: [middle as Tensor2D] };
  }

  /** d CE / d x with a label drawn from y itself for each row, float32 [rows, d]. x float32 [rows, d]. */
  gradients(x: Float32Array, rows: number, random: Random): Float32Array {
    const uniform = Float64Array.from({ length: rows }, () => random.uniform());
    let out = new Float32Array(0);
    tf.tidy(() => {
      const input = tf.tensor2d(x, [rows, this.#d]);
      const probabilities = tf.softmax(this.run(input).logits).dataSync();
      const labels = tf.oneHot(tf.tensor1d(Int32Array.from(uniform, (u, row) => drawn(probabilities.subarray(row * classes, (row + 1) * classes), u)), 'int32'), classes);
      const loss = tf.grad((at: tf.Tensor) => tf.neg(tf.sum(tf.mul(tf.logSoftmax(this.run(at as Tensor2D).logits), labels))));
      out = loss(input).dataSync() as Float32Array as Float32Array<ArrayBuffer>;
    });
    return out;
  }
}

/** The first class whose cumulative probability is above `uniform`. */
function drawn(probabilities: ArrayLike<number>, uniform: number): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) if ((sum += probabilities[c]!) > uniform) return c;
  return classes - 1;
}
