/** Whole counts out of the shares and histograms of others: they add up to the firings, whatever was rounded on the way. */

export interface Counts {
  /** log10 of the lowest and the highest edge; equal where there is no histogram. */
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
}

/** Bins of a catalog's histogram. */
export const bins = 50;
/** Intervals of (0, max], the highest first. */
export const intervals = 5;

/** `total` shared out by `weights`: whole numbers, the largest remainders rounded up; weights that already add up to it stay. */
export function apportion(weights: ArrayLike<number>, total: number): Uint32Array {
  const out = new Uint32Array(weights.length);
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i]!;
  if (!(sum > 0)) {
    out[out.length - 1] = total;
    return out;
  }
  const exact = Float64Array.from(weights, (weight) => (weight / sum) * total);
  let left = total;
  exact.forEach((value, i) => { left -= out[i] = Math.floor(value + 1e-9); });
  const byRemainder = [...exact.keys()].sort((a, b) => exact[b]! - out[b]! - (exact[a]! - out[a]!) || a - b);
  for (let i = 0; left > 0; i = (i + 1) % out.length, left--) out[byRemainder[i]!]!++;
  return out;
}

/** True when `centres` are those of bins that are equal in log10. */
function geometric(centres: readonly number[]): boolean {
  if (centres.length < 2 || !centres.every((centre, i) => centre > 0 && (i === 0 || centre > centres[i - 1]!))) return false;
  const step = Math.log(centres.at(-1)! / centres[0]!) / (centres.length - 1);
  return centres.every((centre, i) => Math.abs(Math.log(centre / centres[0]!) - i * step) < 1e-6 * Math.max(1, step));
}

/** Bins of equal width in log10 of `firings`, out of anybody's centres and heights. */
export function histogramOf(centres: readonly number[], heights: readonly number[], firings: number): Counts {
  const known = centres.map((centre, i) => [centre, heights[i]!] as const).filter(([centre, height]) => centre > 0 && height > 0);
  if (firings === 0 || known.length === 0) {
    const counts = new Uint32Array(bins);
    counts[bins - 1] = firings;
    return { low: 0, high: 0, counts };
  }
  if (centres.length === bins && geometric(centres)) {
    const half = Math.log10(centres[1]! / centres[0]!) / 2;
    return { low: Math.log10(centres[0]!) - half, high: Math.log10(centres.at(-1)!) + half, counts: apportion(heights, firings) };
  }
  const [low, high] = [Math.log10(known[0]![0]), Math.log10(known.at(-1)![0])];
  const weights = new Float64Array(bins);
  for (const [centre, height] of known) weights[Math.min(bins - 1, Math.floor(((Math.log10(centre) - low) / Math.max(1e-9, high - low)) * bins))]! += height;
  return { low, high, counts: apportion(weights, firings) };
}

/** The activation in the middle of each bin. */
function middles({ low, high, counts }: Counts): Float64Array {
  return Float64Array.from(counts, (_, i) => 10 ** (low + ((i + 0.5) * (high - low)) / counts.length));
}

/** Firings by fifth of (0, max]: by the shares that examples tell where they are all of them, else by the histogram. */
export function intervalCounts(shares: Float64Array | null, histogram: Counts, firings: number, max: number): Uint32Array {
  if (shares !== null) {
    const told = Uint32Array.from(shares, (share) => Math.round((Number.isNaN(share) ? 0 : share) * firings));
    if (told.reduce((a, b) => a + b, 0) === firings) return told;
  }
  const out = new Uint32Array(intervals);
  const centres = middles(histogram);
  const flat = histogram.high <= histogram.low;
  histogram.counts.forEach((n, i) => { out[flat ? 0 : intervalOf(centres[i]!, max)]! += n; });
  return out;
}

/** The place of an activation's fifth, 0 for the highest. */
export function intervalOf(activation: number, max: number): number {
  const fifth = max > 0 ? Math.ceil((activation / max) * intervals - 1e-9) : intervals;
  return Math.min(intervals - 1, Math.max(0, intervals - fifth));
}

/** The place of an interval from `low` to `high` among intervals of that width from 0 on, 0 for the highest. */
export function intervalPlace(low: number, high: number): number {
  return intervals - 1 - Math.min(intervals - 1, Math.max(0, Math.round(low / (high - low))));
}

/** The mean activation that a histogram tells; at most `max`. */
export function meanOf(histogram: Counts, firings: number, max: number): number {
  if (firings === 0) return 0;
  if (histogram.high <= histogram.low) return max;
  const centres = middles(histogram);
  let sum = 0;
  histogram.counts.forEach((n, i) => { sum += n * centres[i]!; });
  return Math.min(max, sum / firings);
}
