/** Directions in clusters, and how well a layout keeps them. */
import { Random } from '../../src/engine/random.ts';

/** `clusters` bundles of `each` directions in d dimensions, float32 [clusters * each, d]; point i lies in cluster floor(i / each). */
export function clusteredDirections(clusters: number, each: number, d: number, seed = 0): Float32Array {
  const random = Random.from(seed, 'clusters');
  const centres = random.normals(clusters * d);
  const out = new Float32Array(clusters * each * d);
  for (let i = 0; i < clusters * each; i++) for (let j = 0; j < d; j++) out[i * d + j] = centres[Math.floor(i / each) * d + j]! + 0.5 * random.normal();
  return out;
}

/** The `k` nearest others of each point in the plane, by distance. points: float32 [n, 2]. */
export function nearestInPlane(points: ArrayLike<number>, n: number, k: number): number[][] {
  const square = (i: number, j: number): number => (points[2 * i]! - points[2 * j]!) ** 2 + (points[2 * i + 1]! - points[2 * j + 1]!) ** 2;
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_unused, j) => j).filter((j) => j !== i).sort((a, b) => square(i, a) - square(i, b)).slice(0, k));
}

/**
 * Trustworthiness (Venna & Kaski 2001) of a layout: 1 where the k nearest in the plane are the k nearest in truth; about 0.5 by chance.
 * `ranks[i][j]`: the place of j among the neighbours of i in truth, from 1.
 */
export function trustworthiness(points: ArrayLike<number>, ranks: readonly (readonly number[])[], k: number): number {
  const n = ranks.length;
  const near = nearestInPlane(points, n, k);
  let lost = 0;
  near.forEach((row, i) => row.forEach((j) => { lost += Math.max(0, ranks[i]![j]! - k); }));
  return 1 - (2 / (n * k * (2 * n - 3 * k - 1))) * lost;
}

/** The place of each point among the neighbours of each by cosine, from 1. directions: float32 [n, d]. */
export function cosineRanks(directions: Float32Array, d: number): number[][] {
  const n = directions.length / d;
  const row = (i: number): Float32Array => directions.subarray(i * d, (i + 1) * d);
  const lengths = Array.from({ length: n }, (_, i) => Math.hypot(...row(i)));
  const cosine = (i: number, j: number): number => row(i).reduce((sum, value, x) => sum + value * row(j)[x]!, 0) / lengths[i]! / lengths[j]!;
  return Array.from({ length: n }, (_, i) => {
    const cosines = Array.from({ length: n }, (_unused, j) => (j === i ? -Infinity : cosine(i, j)));
    const order = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]!);
    const ranks = new Array<number>(n).fill(0);
    order.forEach((j, place) => { ranks[j] = place + 1; });
    return ranks;
  });
}
