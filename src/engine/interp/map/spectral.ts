/**
 * Where the points of a layout begin: the two smoothest directions of the graph beside the constant one (the Laplacian eigenmaps of Belkin &
 * Niyogi 2003, as UMAP begins with), by orthogonal iteration. It need not converge: what is smooth is enough to begin with.
 */
import type { Random } from '../../random.ts';
import type { FuzzyGraph } from './graph.ts';

export const spectralSteps = 100;
/** Half the side of the square that the points begin in, as umap-learn has it. */
const reach = 10;

type Vector = Float64Array<ArrayBuffer>;

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Takes out of `x` what lies along the unit vectors `others`, and makes its length 1; a vector of nothing is left as it is. */
function orthonormalise(x: Vector, others: readonly Vector[]): void {
  for (const other of others) {
    const along = dot(x, other);
    for (let i = 0; i < x.length; i++) x[i]! -= along * other[i]!;
  }
  const length = Math.sqrt(dot(x, x));
  if (length > 0) for (let i = 0; i < x.length; i++) x[i]! /= length;
}

/** (I + D^-1/2 W D^-1/2) x / 2: its largest eigenvectors are the smoothest. */
function smooth({ heads, tails, weights }: FuzzyGraph, scale: Vector, x: Vector): Vector {
  const out = Float64Array.from(x);
  for (let e = 0; e < weights.length; e++) {
    const [i, j] = [heads[e]!, tails[e]!];
    const weight = weights[e]! * scale[i]! * scale[j]!;
    out[i]! += weight * x[j]!;
    out[j]! += weight * x[i]!;
  }
  for (let i = 0; i < out.length; i++) out[i]! /= 2;
  return out;
}

/** Points to begin with, float32 [n, 2], within +-10 or so. Yields after each step, so that long work can be reported and stopped. */
export function* spectralStart(graph: FuzzyGraph, random: Random): Generator<number, Float32Array> {
  const { n, heads, tails, weights } = graph;
  const degrees = new Float64Array(n);
  for (let e = 0; e < weights.length; e++) {
    degrees[heads[e]!]! += weights[e]!;
    degrees[tails[e]!]! += weights[e]!;
  }
  const scale = degrees.map((degree) => (degree > 0 ? 1 / Math.sqrt(degree) : 0));
  const trivial = degrees.map(Math.sqrt);
  orthonormalise(trivial, []);
  let [x, y] = [Float64Array.from({ length: n }, () => random.normal()), Float64Array.from({ length: n }, () => random.normal())];
  for (let step = 0; step < spectralSteps; step++) {
    orthonormalise(x, [trivial]);
    orthonormalise(y, [trivial, x]);
    [x, y] = [smooth(graph, scale, x), smooth(graph, scale, y)];
    yield step + 1;
  }
  return placed([x, y], scale, random);
}

/** Three standard deviations fill the square; a little noise parts points that stand on one another. float32 [n, 2]. */
function placed(axes: readonly Vector[], scale: Vector, random: Random): Float32Array {
  const out = new Float32Array(scale.length * 2);
  axes.forEach((axis, side) => {
    const values = axis.map((value, i) => value * scale[i]!);
    const deviation = Math.sqrt(dot(values, values) / values.length) || 1;
    values.forEach((value, i) => {
      out[2 * i + side] = Math.max(-reach, Math.min(reach, (value / deviation) * (reach / 3))) + 0.05 * random.normal();
    });
  });
  return out;
}
