/** Distributions over latents: density, decoder norms, encoder against decoder, encoder biases (metrics.md section 3). */
import { rowNorms } from './firing.ts';

export interface Histogram {
  /** Where the first bin begins and the last one ends. */
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

/** Finite values in `bins` bins of equal width, from the least to the largest; values outside a given range count in the bin at its end. */
export function histogramOf(values: ArrayLike<number>, bins: number, range?: readonly [from: number, to: number]): Histogram {
  const finite = Array.from(values).filter((value) => Number.isFinite(value));
  const [from, to] = range ?? [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
  const counts = new Array<number>(bins).fill(0);
  for (const value of finite) {
    const bin = to > from ? Math.floor(((value - from) / (to - from)) * bins) : 0;
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return { from, to, counts };
}

export interface DensityHistogram extends Histogram {
  /** Latents that never fired: not in the bins. */
  readonly neverFired: number;
  /** log10(1 / tokens): below it nothing can be measured. */
  readonly finest: number;
}

/** log10(density + 1e-10) of latents that fired, 50 bins over [-10, 0] as SAELens draws them. firings float64 [dSae] over `tokens` tokens. */
export function densityHistogram(firings: Float64Array, tokens: number): DensityHistogram {
  const fired = firings.filter((count) => count > 0);
  const { from, to, counts } = histogramOf(fired.map((count) => Math.log10(count / tokens + 1e-10)), 50, [-10, 0]);
  return { from, to, counts, neverFired: firings.length - fired.length, finest: Math.log10(1 / tokens) };
}

/** Cosine of each encoder row with its decoder row, float64 [dSae]; NaN where one is zero. Both float32 [dSae, d]. */
export function encoderDecoderCosines(wEnc: Float32Array, wDec: Float32Array, dSae: number): Float64Array {
  const d = wEnc.length / dSae;
  const [encoder, decoder] = [rowNorms(wEnc, dSae), rowNorms(wDec, dSae)];
  return Float64Array.from({ length: dSae }, (_, j) => {
    let dot = 0;
    for (let i = j * d; i < (j + 1) * d; i++) dot += wEnc[i]! * wDec[i]!;
    return dot / (encoder[j]! * decoder[j]!);
  });
}
