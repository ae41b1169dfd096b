/** Whether a classifier's confidence is its accuracy (Guo et al. 2017, arXiv 1706.04599, eq. 3): bins of equal width. */
import { LoupeError } from '../../../../shared/errors.ts';

export interface ReliabilityBin {
  /** Confidence from `low` up to `high`, the last bin with its end. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Mean confidence of its predictions, 0 where it has none. */
  readonly confidence: number;
  /** Share of them that are right, 0 where it has none. */
  readonly accuracy: number;
}

/** The reliability diagram of predictions with a confidence in [0, 1], right or not. Kind bad-request for a confidence outside. */
export function reliabilityBins(confidences: ArrayLike<number>, correct: ArrayLike<boolean | number>, bins = 15): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const confidence = confidences[i]!;
    if (!(confidence >= 0 && confidence <= 1)) throw new LoupeError('bad-request', `the confidence of prediction ${i} is ${confidence}: it lies in [0, 1]`);
    const bin = sums[Math.min(bins - 1, Math.floor(confidence * bins))]!;
    bin.count++;
    bin.confidence += confidence;
    bin.right += Number(correct[i]);
  }
  return sums.map(({ count, confidence, right }, i) => ({
    low: i / bins, high: (i + 1) / bins, count, confidence: count === 0 ? 0 : confidence / count, accuracy: count === 0 ? 0 : right / count,
  }));
}

/** Expected calibration error: |accuracy - confidence| of each bin, weighted by its share of predictions; in [0, 1], lower is better. */
export function calibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return total === 0 ? 0 : bins.reduce((sum, { count, accuracy, confidence }) => sum + (count / total) * Math.abs(accuracy - confidence), 0);
}

/** Two reliability diagrams over the same bins as one, over the predictions of both. */
export function mergedBins(a: readonly ReliabilityBin[], b: readonly ReliabilityBin[]): ReliabilityBin[] {
  return a.map((one, i) => {
    const other = b[i]!;
    const count = one.count + other.count;
    const mean = (of: 'confidence' | 'accuracy'): number => (count === 0 ? 0 : (one.count * one[of] + other.count * other[of]) / count);
    return { low: one.low, high: one.high, count, confidence: mean('confidence'), accuracy: mean('accuracy') };
  });
}
