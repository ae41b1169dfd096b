/**
 * Eigenvalues and eigenvectors of a symmetric matrix in float64: Householder's reduction to a tridiagonal matrix, then implicit QL steps
 * (tred2 and tql2 of EISPACK; Bowdler, Martin, Reinsch & Wilkinson 1968). Eigenvectors are kept as rows, so that every inner loop runs along
 * memory: d 576 takes about a second.
 */
import { LoupeError } from '../../../shared/errors.ts';

export interface Eigen {
  /** Ascending, float64 [d] */
  readonly values: Float64Array;
  /** Row i is the eigenvector of `values[i]`, norm 1; float64 [d, d] */
  readonly vectors: Float64Array;
}

/** QL steps for one eigenvalue, at most; a handful is usual. */
const mostSteps = 60;

/**
 * @param matrix symmetric, float64 [d, d]; only its lower triangle is read
 * @throws LoupeError `not-finite` where an entry is not finite; `defect` where the steps do not converge
 */
export function symmetricEigen(matrix: Float64Array, d: number): Eigen {
  if (matrix.length !== d * d) throw new LoupeError('mismatch', `the matrix has ${matrix.length} entries, and [${d}, ${d}] has ${d * d}`);
  if (!matrix.every(Number.isFinite)) throw new LoupeError('not-finite', 'a matrix to be diagonalised holds a value that is not a finite number');
  const { diagonal, beside, q } = tridiagonal(matrix, d);
  diagonalise(diagonal, beside, q, d);
  return ascending(diagonal, q, d);
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** beside[i] couples i and i + 1; the last is 0. */
  readonly beside: Float64Array;
  /** matrix = q^T tridiagonal q */
  readonly q: Float64Array;
}

/** Reflects rows d - 1 ... 2 away, all but the entry beside the diagonal. */
function tridiagonal(matrix: Float64Array, d: number): Tridiagonal {
  const a = matrix.slice();
  const [diagonal, beside] = [new Float64Array(d), new Float64Array(d)];
  const reflectors: { readonly v: Float64Array; readonly beta: number }[] = [];
  for (let k = d - 1; k >= 2; k--) {
    const v = a.slice(k * d, k * d + k);
    const { alpha, beta } = householder(v);
    if (beta !== 0) reflectBoth(a, v, beta, k, d);
    beside[k - 1] = alpha;
    reflectors.push({ v, beta });
  }
  if (d > 1) beside[0] = a[d]!;
  for (let i = 0; i < d; i++) diagonal[i] = a[i * d + i]!;
  const q = new Float64Array(d * d);
  for (let i = 0; i < d; i++) q[i * d + i] = 1;
  // the tridiagonal matrix is H_last ... H_first matrix H_first ... H_last, so q = H_last ... H_first
  for (const { v, beta } of reflectors.reverse()) if (beta !== 0) reflectColumns(q, v, beta, d);
  return { diagonal, beside, q };
}

/** Turns the row x into v so that (1 - beta v v^T) x = (0, ..., 0, alpha). In place. */
function householder(v: Float64Array): { readonly alpha: number; readonly beta: number } {
  const last = v.length - 1;
  let rest = 0;
  for (let i = 0; i < last; i++) rest += v[i]! ** 2;
  const x = v[last]!;
  if (rest === 0) return { alpha: x, beta: 0 };
  const alpha = -Math.sign(x || 1) * Math.sqrt(rest + x * x);
  v[last] = x - alpha;
  return { alpha, beta: 2 / (rest + v[last] ** 2) };
}

/** a <- H a H on its leading [k, k] block, H = 1 - beta v v^T: a - v w^T - w v^T. The full block is kept symmetric. */
function reflectBoth(a: Float64Array, v: Float64Array, beta: number, k: number, d: number): void {
  const w = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const vi = v[i]!;
    const row = i * d;
    let sum = a[row + i]! * vi;
    for (let j = 0; j < i; j++) {
      const value = a[row + j]!;
      sum += value * v[j]!;
      w[j]! += value * vi;
    }
    w[i]! += sum;
  }
  let along = 0;
  for (let i = 0; i < k; i++) along += (w[i]! *= beta) * v[i]!;
  for (let i = 0; i < k; i++) w[i]! -= (beta / 2) * along * v[i]!;
  for (let i = 0; i < k; i++) {
    const [vi, wi] = [v[i]!, w[i]!];
    const row = i * d;
    for (let j = 0; j <= i; j++) a[row + j]! -= vi * w[j]! + wi * v[j]!;
  }
}

/** q <- q H, where H and the part of q that is not yet the identity's lie in the leading rows and columns. */
function reflectColumns(q: Float64Array, v: Float64Array, beta: number, d: number): void {
  const k = v.length;
  for (let row = 0; row < k * d; row += d) {
    let along = 0;
    for (let j = 0; j < k; j++) along += q[row + j]! * v[j]!;
    along *= beta;
    for (let j = 0; j < k; j++) q[row + j]! -= along * v[j]!;
  }
}

/** Implicit QL with Wilkinson's shift; the rotations are applied to the rows of q. */
function diagonalise(diagonal: Float64Array, beside: Float64Array, q: Float64Array, d: number): void {
  for (let first = 0; first < d; first++) {
    for (let steps = 0; ; steps++) {
      let end = first;
      while (end < d - 1 && Math.abs(beside[end]!) > Number.EPSILON * (Math.abs(diagonal[end]!) + Math.abs(diagonal[end + 1]!))) end++;
      if (end === first) break;
      if (steps === mostSteps) throw new LoupeError('defect', `the eigenvalues did not converge in ${mostSteps} steps`);
      implicitStep(diagonal, beside, q, first, end, d);
    }
  }
}

function implicitStep(diagonal: Float64Array, beside: Float64Array, q: Float64Array, first: number, end: number, d: number): void {
  const half = (diagonal[first + 1]! - diagonal[first]!) / (2 * beside[first]!);
  const root = Math.hypot(half, 1);
  let g = diagonal[end]! - diagonal[first]! + beside[first]! / (half + (half < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = end - 1; i >= first; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const r = Math.hypot(f, g);
    beside[i + 1] = r;
    if (r === 0) {
      // it has split in two by underflow
      diagonal[i + 1]! -= shift;
      beside[end] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const next = diagonal[i + 1]! - shift;
    const turned = (diagonal[i]! - next) * sine + 2 * cosine * b;
    shift = sine * turned;
    diagonal[i + 1] = next + shift;
    g = cosine * turned - b;
    rotateRows(q, i, cosine, sine, d);
  }
  diagonal[first]! -= shift;
  beside[first] = g;
  beside[end] = 0;
}

/** Rotates rows i and i + 1 of float64 [d, d]. */
function rotateRows(q: Float64Array, i: number, cosine: number, sine: number, d: number): void {
  const [low, high] = [i * d, (i + 1) * d];
  for (let k = 0; k < d; k++) {
    const upper = q[high + k]!;
    const lower = q[low + k]!;
    q[high + k] = sine * lower + cosine * upper;
    q[low + k] = cosine * lower - sine * upper;
  }
}

function ascending(values: Float64Array, vectors: Float64Array, d: number): Eigen {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const sorted = new Float64Array(d * d);
  for (const [to, from] of order.entries()) sorted.set(vectors.subarray(from * d, (from + 1) * d), to * d);
  return { values: Float64Array.from(order, (i) => values[i]!), vectors: sorted };
}
