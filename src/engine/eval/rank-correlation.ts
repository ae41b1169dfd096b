/** Pearson's correlation, and Spearman's rank correlation (1904): Pearson's of the ranks, tied values sharing their mean rank. */

/** Ranks from 1, [n]; tied values get the mean of theirs. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) out[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return out;
}

/** Pearson's correlation of two lists of equal length, in [-1, 1]; 0 where one of them does not vary. */
export function linearCorrelation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>): number => Array.prototype.reduce.call(values, (sum, value) => (sum as number) + (value as number), 0) as number / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - mx) * (y[i]! - my);
    xx += (x[i]! - mx) ** 2;
    yy += (y[i]! - my) ** 2;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

/** Correlation of the ranks of two lists of equal length, in [-1, 1]; 0 where one of them does not vary. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return linearCorrelation(ranks(a), ranks(b));
}
