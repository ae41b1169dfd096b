/** What the compat forms need of a batch: sums a row and a dimension, in float64, over the rows that count. */
import type { SparseCodes } from '../../sae/dictionary.ts';

export interface EvaluatedRows {
  /** float32 [rows, d] */
  readonly x: Float32Array;
  /** Its reconstruction, float32 [rows, d]. */
  readonly y: Float32Array;
  readonly codes: SparseCodes;
  readonly d: number;
  /** uint8 [rows] */
  readonly mask: Uint8Array;
}

export interface CompatBatch {
  readonly rows: number;
  readonly d: number;
  /** |x|^2, |y|^2, x.y, |x - y|^2 and |x - mean(x)|^2 of each row, float64 [rows]; the mean is that of the batch. */
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
  readonly ee: Float64Array;
  readonly deviation: Float64Array;
  /** Latents that fire, and sum |f|, float64 [rows]. */
  readonly l0: Float64Array;
  readonly l1: Float64Array;
  /** Sum over rows of x, and of x - y, float64 [d]. */
  readonly sum: Float64Array;
  readonly errorSum: Float64Array;
  /** Indices and values of the latents that fire, of all rows. */
  readonly fired: { readonly indices: readonly number[]; readonly values: readonly number[] };
}

/** Sum of x over the rows `counted`, float64 [d]. */
function totalOf(x: Float32Array, counted: Int32Array, d: number): Float64Array {
  const sum = new Float64Array(d);
  for (const row of counted) for (let i = 0; i < d; i++) sum[i]! += x[row * d + i]!;
  return sum;
}

function emptyBatch(rows: number, sum: Float64Array): CompatBatch {
  const of = (): Float64Array => new Float64Array(rows);
  return { rows, d: sum.length, xx: of(), yy: of(), xy: of(), ee: of(), deviation: of(), l0: of(), l1: of(), sum, errorSum: new Float64Array(sum.length), fired: { indices: [], values: [] } };
}

/** Row `at` of the batch from x and y, whose d entries begin at `from`. */
function addRow(batch: CompatBatch, mean: Float64Array, x: Float32Array, y: Float32Array, from: number, at: number): void {
  const { errorSum } = batch;
  let [xx, yy, xy, ee, deviation] = [0, 0, 0, 0, 0];
  for (let i = 0; i < mean.length; i++) {
    const a = x[from + i]!;
    const b = y[from + i]!;
    const away = a - mean[i]!;
    xx += a * a;
    yy += b * b;
    xy += a * b;
    ee += (a - b) * (a - b);
    deviation += away * away;
    errorSum[i]! += a - b;
  }
  batch.xx[at] = xx;
  batch.yy[at] = yy;
  batch.xy[at] = xy;
  batch.ee[at] = ee;
  batch.deviation[at] = deviation;
}

/** The rows of `evaluated` that count, as a batch. */
export function countedBatch({ x, y, codes, d, mask }: EvaluatedRows): CompatBatch {
  const counted = Int32Array.from(mask.keys()).filter((row) => mask[row] !== 0);
  const batch = emptyBatch(counted.length, totalOf(x, counted, d));
  const mean = batch.sum.map((sum) => sum / counted.length);
  const fired = batch.fired as { indices: number[]; values: number[] };
  counted.forEach((row, at) => {
    addRow(batch, mean, x, y, row * d, at);
    for (let slot = row * codes.width; slot < (row + 1) * codes.width; slot++) {
      const value = codes.values[slot]!;
      if (value === 0) continue;
      batch.l0[at]!++;
      batch.l1[at]! += Math.abs(value);
      fired.indices.push(codes.indices[slot]!);
      fired.values.push(value);
    }
  });
  return batch;
}

/** Sum of float64 numbers. */
export function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Mean of one figure over all rows of all batches, or over batches, as they come. */
export class Means {
  readonly #sums = new Map<string, { sum: number; count: number }>();

  /** Adds `count` values whose sum is `sum`. */
  add(name: string, sum: number, count: number): void {
    const held = this.#sums.get(name) ?? { sum: 0, count: 0 };
    this.#sums.set(name, { sum: held.sum + sum, count: held.count + count });
  }

  result(): Record<string, number> {
    return Object.fromEntries([...this.#sums].map(([name, { sum, count }]) => [name, sum / count]));
  }
}

/** The sum over rows of `term`. */
export function rowSum(batch: CompatBatch, term: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < batch.rows; row++) sum += term(row);
  return sum;
}
