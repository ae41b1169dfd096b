/** `feature_extras`: what else the page of a feature shows. A catalog of an older Loupe has no rows here. */
import { asUint32, bytesOf, limits, packCounts, packPairs, unpackCounts, unpackPairs } from '../blobs.ts';
import { blob, real } from '../cells.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';
import type { Effects } from './features.ts';

/** Counts in bins of equal width from `low` to `high`; uint32 [50], or [0] where there is nothing to count. */
export interface Bins {
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
}

/** Tokens on which two features both fire, by the other feature. */
export interface Together {
  /** int32 [n] */
  readonly ids: Int32Array;
  /** int32 [n] */
  readonly counts: Int32Array;
}

export interface FeatureExtras {
  /** Logit effects over the vocabulary; none off the residual stream. */
  readonly logits: Bins;
  /** Entries of the decoder row. */
  readonly weights: Bins;
  /** Euclidean norm of the decoder row, and the sum of its entries' sizes. */
  readonly norm: number;
  readonly l1: number;
  /** Norm of the decoder row by attention head, float32 [heads]; [0] away from hook_z. */
  readonly heads: Float32Array;
  /** Coordinates of the decoder row by size, with their values. */
  readonly aligned: Effects;
  /** Dimensions of the hook's activation by Pearson correlation with the feature. */
  readonly neurons: Effects;
  /** Features by Pearson correlation over the counted tokens. */
  readonly correlated: Effects;
  /** Features by the share of tokens on which both fire. */
  readonly cooccurring: Together;
  /** Firings below 0: a histogram of log10 |activation|, and firings by fifth of (0, |min|]; both [0] where there are none. */
  readonly negative: Bins;
  readonly negativeBins: Uint32Array;
}

const columns = `logit_low, logit_high, logit_histogram, weight_low, weight_high, weight_norm, weight_l1, weight_histogram, heads, aligned, neurons,
  correlated, cooccurring, negative_low, negative_high, negative_histogram, negative_bins`;

export function addFeatureExtras(db: WriteHandle, source: number, index: number, extras: FeatureExtras): void {
  const { logits, weights, norm, l1, heads, aligned, neurons, correlated, cooccurring, negative, negativeBins } = extras;
  db.run(
    `INSERT INTO feature_extras (source, idx, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    source, index, logits.low, logits.high, bytesOf(logits.counts), weights.low, weights.high, norm, l1, bytesOf(weights.counts), bytesOf(heads),
    packPairs(aligned.ids, aligned.values), packPairs(neurons.ids, neurons.values), packPairs(correlated.ids, correlated.values),
    packCounts(cooccurring.ids, cooccurring.counts), negative.low, negative.high, bytesOf(negative.counts), bytesOf(negativeBins),
  );
}

/** The extras of a feature, or null where the catalog has none. */
export function featureExtras(db: ReadHandle, source: number, index: number): FeatureExtras | null {
  const row = db.get(`SELECT ${columns} FROM feature_extras WHERE source = ? AND idx = ?`, source, index);
  if (row === undefined) return null;
  const bins = (name: string): Bins => ({
    low: real(row, `${name}_low`), high: real(row, `${name}_high`), counts: asUint32(blob(row, `${name}_histogram`, 4, 4 * limits.histogramBins)),
  });
  const pairs = (name: string): Effects => unpackPairs(blob(row, name, 8, 8 * limits.effects));
  return {
    logits: bins('logit'), weights: bins('weight'), norm: real(row, 'weight_norm'), l1: real(row, 'weight_l1'),
    heads: new Float32Array(blob(row, 'heads', 4, 4 * limits.heads).slice().buffer),
    aligned: pairs('aligned'), neurons: pairs('neurons'), correlated: pairs('correlated'), cooccurring: unpackCounts(blob(row, 'cooccurring', 8, 8 * limits.effects)),
    negative: bins('negative'), negativeBins: asUint32(blob(row, 'negative_bins', 4, 4 * limits.groups)),
  };
}
