/** Monet's layers in float64 for one token: as the explicit sum over all pairs, and factorised. Weights by name, as the engine lays them out. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Random } from '../../src/engine/random.ts';

export interface Shape {
  readonly s: number;
  readonly m: number;
  readonly d: number;
  readonly heads: number;
}

export type Flat = Readonly<Record<string, Float64Array>>;

/** Float32 numbers in float64 arrays, so that both precisions start from the same weights. */
function draw(random: Random, size: number, scale: number): Float64Array {
  return Float64Array.from(random.normals(size, scale));
}

export function hdShapes({ s, m, d }: Shape): Record<string, number[]> {
  return { u: [s, m, d], bU: [s, m], v: [s, m, d], b: [s, d] };
}

export function vdShapes({ s, m, d }: Shape): Record<string, number[]> {
  const [h, o] = [m / 2, d / 2];
  const v = Object.fromEntries(['v11', 'v12', 'v21', 'v22'].map((name) => [name, [s, h, o]]));
  return { u1: [s, h, d], u2: [s, h, d], bU1: [s, h], bU2: [s, h], ...v, b1: [s, o], b2: [s, o] };
}

export function drawWeights(shapes: Record<string, number[]>, random: Random, scale = 0.5): Flat {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, draw(random, shape.reduce((a, b) => a * b), scale)]));
}

export function asTensors(weights: Flat, shapes: Record<string, number[]>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, tf.tensor(Float32Array.from(values), shapes[name])]));
}

/** Gates of one token, [heads, s]: positive, some 0, rows that sum to `total`. */
export function drawGates(random: Random, { heads, s }: Shape, total: number): Float64Array {
  const gates = Float64Array.from({ length: heads * s }, (_, i) => (i % s < 2 || random.uniform() < 0.5 ? random.uniform() : 0));
  for (let head = 0; head < heads; head++) {
    const row = gates.subarray(head * s, (head + 1) * s);
    const sum = row.reduce((a, b) => a + b, 0);
    row.forEach((gate, i) => (row[i] = Math.fround((gate / sum) * total)));
    // the float32 rows of one token sum to `total` within 1e-7: the last bit goes to the largest, in float64
    row[row.indexOf(Math.max(...row))]! += total - row.reduce((a, b) => a + b, 0);
  }
  return gates;
}

const dot = (a: Float64Array, from: number, x: ArrayLike<number>, d: number): number => {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += a[from + i]! * x[i]!;
  return sum;
};
const squaredRelu = (a: number): number => Math.max(0, a) ** 2;

/** phi(U_i x + b_i), [m]. */
function code(u: Float64Array, b: Float64Array, i: number, m: number, x: Float64Array): Float64Array {
  return Float64Array.from({ length: m }, (_, h) => squaredRelu(dot(u, (i * m + h) * x.length, x, x.length) + b[i * m + h]!));
}

/** y += weight * sum over h of values_h rows[i, h]. */
function decode(y: Float64Array, rows: Float64Array, i: number, values: Float64Array, weight: number, at = 0, width = y.length): void {
  for (let h = 0; h < values.length; h++) for (let o = 0; o < width; o++) y[at + o]! += weight * values[h]! * rows[(i * values.length + h) * width + o]!;
}

function addBias(y: Float64Array, bias: Float64Array, i: number, weight: number, at = 0, width = y.length): void {
  for (let o = 0; o < width; o++) y[at + o]! += weight * bias[i * width + o]!;
}

/** C_ij, [s * s], 0 where keep is. */
export function pairWeights(g1: Float64Array, g2: Float64Array, { heads, s }: Shape, keep: ArrayLike<number> | null): Float64Array {
  return Float64Array.from({ length: s * s }, (_, pair) => {
    let sum = 0;
    for (let h = 0; h < heads; h++) sum += g1[h * s + Math.floor(pair / s)]! * g2[h * s + (pair % s)]!;
    return sum * (keep?.[pair] ?? 1);
  });
}

/** sum over all pairs of C_ij E_ij(x), pair by pair. */
export function explicitSum(kind: 'hd' | 'vd', w: Flat, x: Float64Array, c: Float64Array, { s, m, d }: Shape): Float64Array {
  const y = new Float64Array(d);
  for (let pair = 0; pair < s * s; pair++) {
    const [i, j] = [Math.floor(pair / s), pair % s];
    if (kind === 'hd') {
      decode(y, w['v']!, j, code(w['u']!, w['bU']!, i, m, x), c[pair]!);
      addBias(y, w['b']!, j, c[pair]!);
      continue;
    }
    const half = d / 2;
    const [first, second] = [code(w['u1']!, w['bU1']!, i, m / 2, x), code(w['u2']!, w['bU2']!, j, m / 2, x)];
    decode(y, w['v11']!, i, first, c[pair]!, 0, half);
    decode(y, w['v12']!, i, second, c[pair]!, 0, half);
    addBias(y, w['b1']!, i, c[pair]!, 0, half);
    decode(y, w['v21']!, j, first, c[pair]!, half, half);
    decode(y, w['v22']!, j, second, c[pair]!, half, half);
    addBias(y, w['b2']!, j, c[pair]!, half, half);
  }
  return y;
}

/** sum over i of left[h, i] keep right[h, j] values_i, [s][m]; as contractPairs, head by head. */
function contract(left: Float64Array, right: Float64Array, values: Float64Array[], { heads, s }: Shape, keep: (i: number, j: number) => number): Float64Array[] {
  const out = values.map((value) => new Float64Array(value.length));
  for (let h = 0; h < heads; h++) {
    for (let j = 0; j < s; j++) {
      const inner = new Float64Array(values[0]!.length);
      for (let i = 0; i < s; i++) values[i]!.forEach((value, at) => (inner[at]! += left[h * s + i]! * keep(i, j) * value));
      inner.forEach((value, at) => (out[j]![at]! += right[h * s + j]! * value));
    }
  }
  return out;
}

/** As the engine sums. `shortcut`: HD's biases weighted by sum over heads of g2 alone, as in the released code. */
export function factorisedSum(kind: 'hd' | 'vd', w: Flat, x: Float64Array, g1: Float64Array, g2: Float64Array, shape: Shape, keep: ArrayLike<number> | null, shortcut = false): Float64Array {
  const { s, m, d, heads } = shape;
  const kept = (i: number, j: number): number => keep?.[i * s + j] ?? 1;
  const turned = (i: number, j: number): number => kept(j, i);
  const ones = Array.from({ length: s }, () => Float64Array.of(1));
  const y = new Float64Array(d);
  const each = (act: (i: number) => void): void => Array.from({ length: s }, (_, i) => i).forEach(act);
  if (kind === 'hd') {
    const mixed = contract(g1, g2, Array.from({ length: s }, (_, i) => code(w['u']!, w['bU']!, i, m, x)), shape, kept);
    const sums = contract(g1, g2, ones, shape, kept).map(([sum]) => sum!);
    each((j) => {
      decode(y, w['v']!, j, mixed[j]!, 1);
      const alone = Array.from({ length: heads }, (_, h) => g2[h * s + j]!).reduce((a, b) => a + b);
      addBias(y, w['b']!, j, shortcut ? alone : sums[j]!);
    });
    return y;
  }
  const half = d / 2;
  const [phi1, phi2] = [Array.from({ length: s }, (_, i) => code(w['u1']!, w['bU1']!, i, m / 2, x)), Array.from({ length: s }, (_, j) => code(w['u2']!, w['bU2']!, j, m / 2, x))];
  const rows = contract(g2, g1, ones, shape, turned).map(([sum]) => sum!);
  const columns = contract(g1, g2, ones, shape, kept).map(([sum]) => sum!);
  const [toRows, toColumns] = [contract(g2, g1, phi2, shape, turned), contract(g1, g2, phi1, shape, kept)];
  each((i) => {
    decode(y, w['v11']!, i, phi1[i]!, rows[i]!, 0, half);
    decode(y, w['v12']!, i, toRows[i]!, 1, 0, half);
    addBias(y, w['b1']!, i, rows[i]!, 0, half);
    decode(y, w['v21']!, i, toColumns[i]!, 1, half, half);
    decode(y, w['v22']!, i, phi2[i]!, columns[i]!, half, half);
    addBias(y, w['b2']!, i, columns[i]!, half, half);
  });
  return y;
}
