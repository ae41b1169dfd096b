/** Which k the top-k curves have, and how counts become the figures that are shown. */
import type { LayerSparsity } from '../../../shared/schema/sparsity.ts';

/**
 * 0, powers of four below `units`, and `units`. Where no token has more than `most` units that are not 0, every k from there on is the model as it is: the
 * first of them stands for the others.
 */
export function usualLadder(units: number, most: number): number[] {
  const ks = [0];
  for (let k = 1; k < units; k *= 4) {
    ks.push(k);
    if (k >= most) break;
  }
  return [...ks, units];
}

/** Rising, each once, none above `units`. */
export function checkedLadder(given: readonly number[], units: number): number[] {
  return [...new Set(given.map((k) => Math.min(k, units)))].sort((a, b) => a - b);
}

/** How many units fire on a token at these shares of all tokens, out of tokens by that number, int32 [units + 1]. */
export function percentile(histogram: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let n = 0; n < histogram.length; n++) total += histogram[n]!;
  let below = 0;
  for (let n = 0; n < histogram.length; n++) {
    below += histogram[n]!;
    // The least number that this share of tokens does not exceed.
    if (histogram[n]! > 0 && below >= share * total) return n;
  }
  return 0;
}

/** `l0` of the study out of tokens by the number of units that fire on them, int32 [units + 1]. */
export function l0Figures(histogram: ArrayLike<number>): LayerSparsity['l0'] {
  let [sum, tokens, least, most] = [0, 0, -1, 0];
  for (let n = 0; n < histogram.length; n++) {
    if (histogram[n] === 0) continue;
    [sum, tokens, most] = [sum + n * histogram[n]!, tokens + histogram[n]!, n];
    if (least < 0) least = n;
  }
  const [p5, p25, p50, p75, p95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => percentile(histogram, share)) as [number, number, number, number, number];
  return { mean: tokens === 0 ? 0 : sum / tokens, least: Math.max(0, least), p5, p25, p50, p75, p95, most };
}

const binsOfDecade = 6;

/** Bins of densities over so many tokens: from one token to all, equal in log10. */
function densityScale(tokens: number): { readonly low: number; readonly bins: number } {
  const low = Math.log10(1 / Math.max(2, tokens));
  return { low, bins: Math.max(1, Math.ceil(-low * binsOfDecade)) };
}

/** The bin of a unit that fires on the share `rate` of the tokens; null for one that never does. */
export function densityBin(rate: number, tokens: number): number | null {
  const { low, bins } = densityScale(tokens);
  return rate > 0 ? Math.min(bins - 1, Math.max(0, Math.floor(((Math.log10(rate) - low) / -low) * bins))) : null;
}

/** Units by firing rate in bins equal in log10, from one token in `tokens` to all; units that never fire stand in no bin. rates [units] in [0, 1]. */
export function densityBins(rates: ArrayLike<number>, tokens: number): LayerSparsity['density'] {
  const { low, bins } = densityScale(tokens);
  const counts = new Array<number>(bins).fill(0);
  for (let unit = 0; unit < rates.length; unit++) {
    const bin = densityBin(rates[unit]!, tokens);
    if (bin !== null) counts[bin]!++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => 10 ** (low * (1 - i / bins))), counts };
}

const mostBins = 48;

/** Tokens by how many units fire on them, int32 [units + 1], in at most 48 bins of equally many whole numbers, from the fewest to the most. */
export function perTokenBins(histogram: ArrayLike<number>): LayerSparsity['perToken'] {
  const { least, most } = l0Figures(histogram);
  const width = Math.max(1, Math.ceil((most - least + 1) / mostBins));
  const counts = new Array<number>(Math.ceil((most - least + 1) / width)).fill(0);
  for (let n = least; n <= most; n++) counts[Math.floor((n - least) / width)]! += histogram[n]!;
  return { edges: Array.from({ length: counts.length + 1 }, (_, i) => least + i * width), counts };
}
