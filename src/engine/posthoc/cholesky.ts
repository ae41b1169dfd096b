/** Linear systems of a symmetric positive definite matrix, in float64. */
import { LoupeError } from '../../shared/errors.ts';

/** Lower triangle L with L L^T = a, row by row; a float64 [n, n] is left as it is. Kind not-finite where a is not positive definite. */
export function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      if (i !== j) l[i * n + j] = sum / l[j * n + j]!;
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum);
      else throw new LoupeError('not-finite', `the matrix of the fit is not positive definite (row ${i}): the activations are not finite, or a column repeats another`);
    }
  }
  return l;
}

/** X with a X = b: a float64 [n, n], b float64 [n, m] -> float64 [n, m]. Kind not-finite as `cholesky`. */
export function choleskySolve(a: Float64Array, b: Float64Array, n: number, m: number): Float64Array {
  const l = cholesky(a, n);
  const x = b.slice();
  // forwards and backwards by whole rows of x, which lie together
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) addRow(x, i, k, -l[i * n + k]!, m);
    scaleRow(x, i, 1 / l[i * n + i]!, m);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) addRow(x, i, k, -l[k * n + i]!, m);
    scaleRow(x, i, 1 / l[i * n + i]!, m);
  }
  return x;
}

/** row[to] += factor * row[from] in float64 [n, m]. */
function addRow(x: Float64Array, to: number, from: number, factor: number, m: number): void {
  for (let c = 0; c < m; c++) x[to * m + c]! += factor * x[from * m + c]!;
}

function scaleRow(x: Float64Array, row: number, factor: number, m: number): void {
  for (let c = 0; c < m; c++) x[row * m + c]! *= factor;
}
