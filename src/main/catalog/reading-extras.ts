/** What the page of a feature shows beyond its figures, out of `feature_extras`. */
import { tokenClasses } from '../../shared/schema/catalog.ts';
import type { Feature, FeatureExtras, TokenClass } from '../../shared/schema/catalog.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { ReadHandle } from './handle.ts';
import type { Bins, FeatureExtras as ExtrasRow } from './tables/feature-extras.ts';
import { feature } from './tables/features.ts';
import type { FeatureRecord } from './tables/features.ts';

export function histogramOf({ low, high, counts }: Bins): NonNullable<Feature['negative']> {
  return { low, high, counts: vector(Float64Array.from(counts)) };
}

/** The histogram of the firings below 0, or null where there are none. */
export function negativeOf(extras: ExtrasRow | null): Feature['negative'] {
  return extras === null || extras.negative.counts.length === 0 ? null : histogramOf(extras.negative);
}

export function tokenClassOf(name: string | null): TokenClass | null {
  return tokenClasses.find((known) => known === name) ?? null;
}

/** Norms by head as shares of their sum. */
function shares(norms: Float32Array): Float32Array {
  const sum = norms.reduce((a, b) => a + b, 0);
  return norms.map((norm) => (sum > 0 ? norm / sum : 0));
}

/** Rows of `ids` with what `row` makes of the other feature; one that an incomplete build lacks is left out. */
function others<T>(db: ReadHandle, source: number, ids: Int32Array, row: (other: FeatureRecord, place: number) => T): T[] {
  const found: T[] = [];
  ids.forEach((index, place) => {
    const other = feature(db, source, index);
    if (other !== null) found.push(row(other, place));
  });
  return found;
}

export function extrasOf(db: ReadHandle, source: number, record: FeatureRecord, extras: ExtrasRow | null): FeatureExtras | null {
  if (extras === null) return null;
  const { logits, weights, norm, l1, heads, aligned, neurons, correlated, cooccurring } = extras;
  return {
    logits: logits.counts.length === 0 ? null : histogramOf(logits),
    weights: { ...histogramOf(weights), norm, l1 },
    heads: heads.length === 0 ? null : vector(shares(heads)),
    aligned: Array.from(aligned.ids, (dimension, i) => ({ dimension, value: aligned.values[i]!, share: l1 > 0 ? Math.abs(aligned.values[i]!) / l1 : 0 })),
    neurons: Array.from(neurons.ids, (dimension, i) => ({ dimension, correlation: neurons.values[i]! })),
    correlated: others(db, source, correlated.ids, ({ index, label }, i) => ({ index, correlation: correlated.values[i]!, label })),
    cooccurring: others(db, source, cooccurring.ids, ({ index, label, firings }, i) => {
      const count = cooccurring.counts[i]!;
      return { index, count, jaccard: count / Math.max(1, record.firings + firings - count), label };
    }),
  };
}
