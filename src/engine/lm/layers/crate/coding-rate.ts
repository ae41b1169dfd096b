/**
 * Coding rates in float64: R = logdet(I + alpha Z^T Z) / 2, the nats that tokens take up to a distortion, and Rc, the same within subspaces
 * (Yu et al. 2023, arXiv 2306.01129, eq. 3 to 5). Tokens are rows here; the smaller of the two Gram matrices is factorised.
 */
import { LoupeError } from '../../../../shared/errors.ts';
import { cholesky, choleskySolve } from '../../../posthoc/cholesky.ts';

/** Rows float64 [n, d]. */
export interface Rows {
  readonly values: Float64Array;
  readonly n: number;
  readonly d: number;
}

/** Gram matrix of columns, X^T X [d, d]. */
export function columnGram({ values, n, d }: Rows): Float64Array {
  const gram = new Float64Array(d * d);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < d; i++) {
      const x = values[row * d + i]!;
      if (x !== 0) for (let j = 0; j <= i; j++) gram[i * d + j]! += x * values[row * d + j]!;
    }
  }
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) gram[j * d + i] = gram[i * d + j]!;
  return gram;
}

/** [d, n] from [n, d]. */
export function transposed({ values, n, d }: Rows): Rows {
  const out = new Float64Array(n * d);
  for (let row = 0; row < n; row++) for (let i = 0; i < d; i++) out[i * n + row] = values[row * d + i]!;
  return { values: out, n: d, d: n };
}

/** I + alpha * gram, float64 [size, size]. */
function shifted(gram: ArrayLike<number>, size: number, alpha: number): Float64Array {
  const out = Float64Array.from(gram, (value) => alpha * value);
  for (let i = 0; i < size; i++) out[i * size + i]! += 1;
  return out;
}

/** logdet(I + alpha gram) / 2 in nats, of a Gram matrix [size, size]. Kind not-finite where it is not one. */
export function rateOfGram(gram: ArrayLike<number>, size: number, alpha: number): number {
  const l = cholesky(shifted(gram, size, alpha), size);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += Math.log(l[i * size + i]!);
  return sum;
}

/** R of rows [n, d] with alpha = d / (n epsilon^2): nats. O(n d min(n, d) + min(n, d)^3). */
export function codingRate(z: Rows, alpha: number): number {
  const small = z.d <= z.n ? z : transposed(z);
  return rateOfGram(columnGram(small), small.d, alpha);
}

/** dR / dZ = alpha Z (I + alpha Z^T Z)^-1, float64 [n, d]. */
export function codingRateGradient(z: Rows, alpha: number): Float64Array {
  const byColumns = z.d <= z.n;
  const small = byColumns ? z : transposed(z);
  const size = small.d;
  const system = shifted(columnGram(small), size, alpha);
  // (I + alpha Z^T Z) X = Z^T, or with rows (I + alpha Z Z^T) X = Z: the inverse can be pushed through
  const right = byColumns ? transposed(z).values : z.values;
  const solved = choleskySolve(system, right, size, byColumns ? z.n : z.d);
  const out = byColumns ? transposed({ values: solved, n: z.d, d: z.n }).values : solved;
  return out.map((value) => alpha * value);
}

/** X U, float64 [n, p]; u float64 [d, p]. */
function product({ values, n, d }: Rows, u: Float64Array, p: number): Rows {
  const out = new Float64Array(n * p);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < d; i++) {
      const x = values[row * d + i]!;
      for (let j = 0; j < p; j++) out[row * p + j]! += x * u[i * p + j]!;
    }
  }
  return { values: out, n, d: p };
}

/** The columns of a basis [d, p], a head's. Kind mismatch where it does not fit. */
function widthOf(basis: Float64Array, d: number): number {
  if (basis.length % d !== 0) throw new LoupeError('mismatch', `a basis has ${basis.length} numbers: tokens have ${d} dimensions, so give [${d}, p]`);
  return basis.length / d;
}

/** Rc = sum over bases of R(Z U_k) with c = p / (n epsilon^2): nats. bases float64 [d, p] each. */
export function compressedRate(z: Rows, bases: readonly Float64Array[], c: number): number {
  return bases.reduce((sum, basis) => sum + codingRate(product(z, basis, widthOf(basis, z.d)), c), 0);
}

/** dRc / dZ = sum over bases of (dR / d(Z U_k)) U_k^T, float64 [n, d]. */
export function compressedRateGradient(z: Rows, bases: readonly Float64Array[], c: number): Float64Array {
  const out = new Float64Array(z.n * z.d);
  for (const basis of bases) {
    const p = widthOf(basis, z.d);
    const inner = codingRateGradient(product(z, basis, p), c);
    const back = product({ values: inner, n: z.n, d: p }, transposed({ values: basis, n: z.d, d: p }).values, z.d);
    back.values.forEach((value, i) => (out[i]! += value));
  }
  return out;
}
