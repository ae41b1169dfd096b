/**
 * Orthogonal matching pursuit (Pati, Rezaiifar & Krishnaprasad 1993): as matching pursuit, but after each choice all coefficients are solved
 * anew by least squares on the atoms chosen so far. Plain arrays in float64, a row at a time.
 */
import { LoupeError } from '../../shared/errors.ts';

/** Inner products of atoms, float32; row j starts at j * stride. */
export interface Gram {
  readonly values: Float32Array;
  readonly stride: number;
}

/**
 * Atoms that are solved for together: a Cholesky factor that grows by a row, so that k choices cost k^3 / 6 in all and not k^4 / 24.
 */
export class LeastSquares {
  readonly #factor: Float64Array;
  readonly #size: number;
  readonly #forward: Float64Array;
  #count = 0;

  /** For `size` atoms at most. */
  constructor(size: number) {
    this.#size = size;
    this.#factor = new Float64Array(size * size);
    this.#forward = new Float64Array(size);
  }

  clear(): void {
    this.#count = 0;
  }

  /**
   * Takes an atom: `products` are its inner products with the atoms before it and with itself, `target` that with x. False, and nothing taken, when
   * it is a combination of those before it.
   */
  add(products: ArrayLike<number>, target: number): boolean {
    const [k, size] = [this.#count, this.#size];
    let own = products[k]!;
    let sum = target;
    for (let i = 0; i < k; i++) {
      let value = products[i]!;
      for (let j = 0; j < i; j++) value -= this.#factor[i * size + j]! * this.#factor[k * size + j]!;
      value /= this.#factor[i * size + i]!;
      this.#factor[k * size + i] = value;
      own -= value * value;
      sum -= value * this.#forward[i]!;
    }
    if (own <= 1e-9 * products[k]!) return false;
    const root = Math.sqrt(own);
    this.#factor[k * size + k] = root;
    this.#forward[k] = sum / root;
    this.#count++;
    return true;
  }

  /** The last add took this much from the squared norm of the residual. */
  get gain(): number {
    return this.#forward[this.#count - 1]! ** 2;
  }

  /** The coefficients of all atoms taken, written to `out`. */
  solve(out: Float64Array): void {
    const size = this.#size;
    for (let i = this.#count - 1; i >= 0; i--) {
      let value = this.#forward[i]!;
      for (let j = i + 1; j < this.#count; j++) value -= this.#factor[j * size + i]! * out[j]!;
      out[i] = value / this.#factor[i * size + i]!;
    }
  }
}

export interface OrthogonalCode {
  /** In the order of choice. */
  readonly atoms: readonly number[];
  readonly coefficients: readonly number[];
  /** Squared norm of the residual. */
  readonly error: number;
}

/**
 * One row's code.
 *
 * @param products inner products of x with every atom, [atoms]
 * @param square squared norm of x
 * @param steps atoms at most
 * @param limit stops once the squared norm of the residual is at or below this
 * @throws LoupeError `bad-request` for no steps
 */
export function orthogonalPursuit(products: Float32Array, gram: Gram, square: number, steps: number, limit: number): OrthogonalCode {
  if (!Number.isInteger(steps) || steps < 1) throw new LoupeError('bad-request', `steps is ${steps}: matching pursuit takes a whole number of steps, at least 1`);
  const most = Math.min(steps, products.length);
  const [system, solution, row] = [new LeastSquares(most), new Float64Array(most), new Float64Array(most)];
  const correlations = Float64Array.from(products);
  const chosen: number[] = [];
  let error = square;
  while (chosen.length < most && error > limit) {
    const atom = strongest(correlations);
    if (atom < 0 || chosen.includes(atom)) break;
    for (const [i, other] of chosen.entries()) row[i] = gram.values[atom * gram.stride + other]!;
    row[chosen.length] = gram.values[atom * gram.stride + atom]!;
    if (!system.add(row, products[atom]!)) break;
    chosen.push(atom);
    error = Math.max(0, error - system.gain);
    system.solve(solution);
    if (chosen.length < most && error > limit) subtract(correlations, products, gram, chosen, solution);
  }
  return { atoms: chosen, coefficients: Array.from(solution.subarray(0, chosen.length)), error };
}

/** The atom of the largest |correlation|; -1 where all are 0. */
function strongest(correlations: Float64Array): number {
  let [best, size] = [-1, 0];
  for (let j = 0; j < correlations.length; j++) {
    const value = Math.abs(correlations[j]!);
    if (value > size) [best, size] = [j, value];
  }
  return best;
}

/** Correlations with the residual: products - sum of coefficients times Gram rows. */
function subtract(out: Float64Array, products: Float32Array, gram: Gram, chosen: readonly number[], coefficients: Float64Array): void {
  out.set(products);
  for (const [i, atom] of chosen.entries()) {
    const coefficient = coefficients[i]!;
    const at = atom * gram.stride;
    for (let j = 0; j < out.length; j++) out[j]! -= coefficient * gram.values[at + j]!;
  }
}
