/** The lasso of a CRATE block in float64 for one token: its objective, its step, and the norm of a dictionary. */

/** D a: d float64 [p, n], a [n]. */
export function times(d: Float64Array, a: Float64Array): Float64Array {
  const n = a.length;
  return Float64Array.from({ length: d.length / n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += d[i * n + j]! * a[j]!;
    return sum;
  });
}

/** D^T r: d float64 [p, n], r [p]. */
export function timesTransposed(d: Float64Array, r: Float64Array): Float64Array {
  const n = d.length / r.length;
  return Float64Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < r.length; i++) sum += d[i * n + j]! * r[i]!;
    return sum;
  });
}

/** |z - D a|^2 / 2 + lambda sum a. */
export function objective(d: Float64Array, z: Float64Array, a: Float64Array, lambda: number): number {
  const fit = times(d, a);
  return z.reduce((sum, value, i) => sum + (value - fit[i]!) ** 2 / 2, 0) + lambda * a.reduce((sum, value) => sum + value, 0);
}

export function step(d: Float64Array, z: Float64Array, a: Float64Array, eta: number, lambda: number): Float64Array {
  const fit = times(d, a);
  const push = timesTransposed(d, z.map((value, i) => value - fit[i]!));
  return a.map((value, j) => Math.max(0, value + eta * push[j]! - eta * lambda));
}

/** |D|^2 by power iteration on D^T D, a little above: the estimate is from below, so it is raised by `margin`. */
export function squaredNorm(d: Float64Array, n: number, margin = 1e-9): number {
  let v = Float64Array.from({ length: n }, (_, i) => 1 + i / n);
  let value = 0;
  for (let round = 0; round < 500; round++) {
    const w = timesTransposed(d, times(d, v));
    const size = Math.hypot(...w);
    if (Math.abs(size - value) < 1e-13 * size) break;
    value = size;
    v = w.map((x) => x / size);
  }
  return value * (1 + margin);
}
