/**
 * Least squares over more rows than memory holds: products of blocks of rows in float32, their sums and the solution in float64, with a ridge
 * of 1e-6 of the mean diagonal [our choice; the dark-matter code uses lstsq with rcond 1e-9].
 */
import * as tf from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { scoped } from '../ops/scope.ts';
import { choleskySolve } from './cholesky.ts';

/** Rows in one product: float32 sums over so many lose about 1e-6. */
const blockRows = 1024;
export const defaultRidge = 1e-6;

/** float32 [rows, d] with a column of ones behind it. */
function withOnes(x: Float32Array, rows: number): Float32Array {
  const d = x.length / rows;
  const out = new Float32Array(rows * (d + 1)).fill(1);
  for (let row = 0; row < rows; row++) out.set(x.subarray(row * d, (row + 1) * d), row * (d + 1));
  return out;
}

/** The map x -> t that least squares found. */
export class LinearMap {
  readonly inputs: number;
  readonly outputs: number;
  readonly intercept: boolean;
  /** float32 [inputs (+ 1 with an intercept, the last row), outputs] */
  readonly matrix: Float32Array;

  constructor(inputs: number, outputs: number, intercept: boolean, matrix: Float32Array) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.intercept = intercept;
    this.matrix = matrix;
  }

  /** x float32 [rows, inputs] -> float32 [rows, outputs]. */
  apply(x: Float32Array, rows: number): Float32Array {
    if (rows === 0) return new Float32Array(0);
    const width = this.inputs + Number(this.intercept);
    return scoped(() => {
      const input = tf.tensor2d(this.intercept ? withOnes(x, rows) : x, [rows, width]);
      return tf.matMul(input, tf.tensor2d(this.matrix, [width, this.outputs])).dataSync<'float32'>();
    });
  }
}

export class LinearFit {
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #intercept: boolean;
  readonly #gram: Float64Array;
  readonly #cross: Float64Array;
  #rows = 0;

  constructor(inputs: number, outputs: number, intercept: boolean) {
    const width = inputs + Number(intercept);
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#intercept = intercept;
    this.#gram = new Float64Array(width * width);
    this.#cross = new Float64Array(width * outputs);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds x float32 [rows, inputs] with its targets float32 [rows, outputs]. */
  add(x: Float32Array, targets: Float32Array, rows: number): void {
    const width = this.#inputs + Number(this.#intercept);
    for (let first = 0; first < rows; first += blockRows) {
      const count = Math.min(blockRows, rows - first);
      const [gram, cross] = scoped(() => {
        const part = x.subarray(first * this.#inputs, (first + count) * this.#inputs);
        const input = tf.tensor2d(this.#intercept ? withOnes(part, count) : part, [count, width]);
        const target = tf.tensor2d(targets.subarray(first * this.#outputs, (first + count) * this.#outputs), [count, this.#outputs]);
        return [tf.matMul(input, input, true, false).dataSync<'float32'>(), tf.matMul(input, target, true, false).dataSync<'float32'>()] as const;
      });
      for (let i = 0; i < gram.length; i++) this.#gram[i]! += gram[i]!;
      for (let i = 0; i < cross.length; i++) this.#cross[i]! += cross[i]!;
    }
    this.#rows += rows;
  }

  /**
   * The map. Kind bad-request for fewer than 20 rows an input: with rows about as many as inputs anything is predicted perfectly.
   */
  solve(ridge = defaultRidge): LinearMap {
    if (this.#rows < 20 * this.#inputs) {
      throw new LoupeError('bad-request', `a fit of ${this.#inputs} inputs needs at least ${20 * this.#inputs} rows, and has ${this.#rows}: give more tokens, or it will predict what it has only memorised`);
    }
    const width = this.#inputs + Number(this.#intercept);
    const gram = this.#gram.slice();
    let trace = 0;
    for (let i = 0; i < width; i++) trace += gram[i * width + i]!;
    // 1e-300: inputs that are all zero must not make the matrix singular
    for (let i = 0; i < width; i++) gram[i * width + i]! += (ridge * trace) / width + 1e-300;
    const solved = choleskySolve(gram, this.#cross, width, this.#outputs);
    return new LinearMap(this.#inputs, this.#outputs, this.#intercept, Float32Array.from(solved));
  }
}
