/** What the decoder rows say by themselves: how their entries are distributed, which coordinates and heads they write to. */
import { histogramBins } from './build-files.ts';
import type { ChunkExtras } from './build-files.ts';
import { addLinear, rangeOf } from './linear-histogram.ts';
import { Strongest } from './strongest.ts';

export type DecoderWeights = Pick<ChunkExtras, 'weightLow' | 'weightHigh' | 'weightNorm' | 'weightL1' | 'weightHistogram' | 'heads' | 'alignedIds' | 'alignedValues'>;

/** Euclidean norms of `heads` equal parts of a row, float32 [d], into `out`, float32 [heads]. */
function headNorms(row: Float32Array, out: Float32Array): void {
  const width = row.length / out.length;
  for (let head = 0; head < out.length; head++) {
    let square = 0;
    for (let i = head * width; i < (head + 1) * width; i++) square += row[i]! * row[i]!;
    out[head] = Math.sqrt(square);
  }
}

/** Euclidean norm, and the sum of sizes. */
function sizesOf(row: Float32Array): readonly [norm: number, l1: number] {
  let square = 0;
  let l1 = 0;
  for (let i = 0; i < row.length; i++) {
    square += row[i]! * row[i]!;
    l1 += Math.abs(row[i]!);
  }
  return [Math.sqrt(square), l1];
}

function largest(row: Float32Array, ids: Int32Array, values: Float32Array): void {
  const best = new Strongest(ids.length);
  for (let i = 0; i < row.length; i++) {
    const size = Math.abs(row[i]!);
    if (size > best.bound) best.offer(i, size);
  }
  ids.set(best.ids);
  best.ids.forEach((i, place) => { values[place] = row[i]!; });
}

/** Of `n` units without a direction: histograms, lengths and lists of nothing. */
export function noWeights(n: number): DecoderWeights {
  const zeros = (): Float32Array => new Float32Array(n);
  return {
    weightLow: zeros(), weightHigh: zeros(), weightNorm: zeros(), weightL1: zeros(), weightHistogram: new Int32Array(n * histogramBins), heads: new Float32Array(0),
    alignedIds: new Int32Array(0), alignedValues: new Float32Array(0),
  };
}

/** Of `directions`, float32 [n, d]: `heads` > 0 takes them as that many heads side by side (hook_z). */
export function decoderWeights(directions: Float32Array, d: number, heads: number, k: number): DecoderWeights {
  const n = directions.length / d;
  const wanted = Math.min(k, d);
  const out = {
    weightLow: new Float32Array(n), weightHigh: new Float32Array(n), weightNorm: new Float32Array(n), weightL1: new Float32Array(n),
    weightHistogram: new Int32Array(n * histogramBins), heads: new Float32Array(n * heads),
    alignedIds: new Int32Array(n * wanted), alignedValues: new Float32Array(n * wanted),
  };
  for (let i = 0; i < n; i++) {
    const row = directions.subarray(i * d, (i + 1) * d);
    const range = rangeOf(row);
    out.weightLow[i] = range.low;
    out.weightHigh[i] = range.high;
    [out.weightNorm[i], out.weightL1[i]] = sizesOf(row);
    addLinear(row, range, out.weightHistogram.subarray(i * histogramBins, (i + 1) * histogramBins));
    headNorms(row, out.heads.subarray(i * heads, (i + 1) * heads));
    largest(row, out.alignedIds.subarray(i * wanted, (i + 1) * wanted), out.alignedValues.subarray(i * wanted, (i + 1) * wanted));
  }
  return out;
}
