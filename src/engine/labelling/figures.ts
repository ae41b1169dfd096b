/** Figures of judges' answers: balanced accuracy with its interval, precision, recall, F1, AUROC (labelling F.4, F.5). */

/** How windows with the feature (positive) and without were answered. */
export interface Confusion {
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const z = 1.959964;

/** 95 % interval of a share k / n. E. B. Wilson, 1927. */
export function wilson(k: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const share = k / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: k === 0 ? 0 : Math.max(0, centre - half), high: k === n ? 1 : Math.min(1, centre + half) };
}

/** (recall + specificity) / 2: 0.5 by chance, whatever the mix. NaN without windows of one kind. */
export function balancedAccuracy(c: Confusion): number {
  return (c.truePositives / (c.truePositives + c.falseNegatives) + c.trueNegatives / (c.trueNegatives + c.falsePositives)) / 2;
}

/**
 * 95 % interval of the balanced accuracy: the Wilson intervals of both shares put together by squares (R. G. Newcombe, 1998, method 10,
 * for a mean of two independent proportions).
 */
export function balancedInterval(c: Confusion): Interval {
  const recall = { k: c.truePositives, n: c.truePositives + c.falseNegatives };
  const specificity = { k: c.trueNegatives, n: c.trueNegatives + c.falsePositives };
  const value = balancedAccuracy(c);
  const [a, b] = [wilson(recall.k, recall.n), wilson(specificity.k, specificity.n)];
  const [p, q] = [recall.k / recall.n, specificity.k / specificity.n];
  return { low: Math.max(0, value - Math.hypot(p - a.low, q - b.low) / 2), high: Math.min(1, value + Math.hypot(a.high - p, b.high - q) / 2) };
}

export interface Rates {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Precision is 0 where nothing was said to be positive. */
export function rates({ truePositives, falseNegatives, falsePositives }: Confusion): Rates {
  const said = truePositives + falsePositives;
  const are = truePositives + falseNegatives;
  return {
    precision: said === 0 ? 0 : truePositives / said, recall: are === 0 ? 0 : truePositives / are,
    f1: said + are === 0 ? 0 : (2 * truePositives) / (said + are),
  };
}

/** The share of (positive, negative) pairs that scores put in the right order, ties counting half. NaN without both kinds. */
export function auroc(positive: readonly number[], negative: readonly number[]): number {
  const all = [...positive.map((value) => ({ value, up: true })), ...negative.map((value) => ({ value, up: false }))].sort((a, b) => a.value - b.value);
  let ranks = 0;
  for (let first = 0; first < all.length; ) {
    let last = first;
    while (last + 1 < all.length && all[last + 1]!.value === all[first]!.value) last++;
    for (let i = first; i <= last; i++) if (all[i]!.up) ranks += (first + last) / 2 + 1;
    first = last + 1;
  }
  const [n, m] = [positive.length, negative.length];
  return n === 0 || m === 0 ? Number.NaN : (ranks - (n * (n + 1)) / 2) / (n * m);
}
