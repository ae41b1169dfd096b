/** Matched features of two sources, and those that only one has. Pure. */
import type { ShownLabelRow } from '../../../shared/schema/compare.ts';

export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly value: number;
  /** Each is the other's nearest. */
  readonly mutual: boolean;
}

export interface Sides {
  readonly aAt: ArrayLike<number>;
  readonly aValue: ArrayLike<number>;
  readonly bAt: ArrayLike<number>;
  readonly bValue: ArrayLike<number>;
}

export type PairSort = 'value' | 'a' | 'b' | 'ratio';

/** Every feature of a with its nearest of b at `least` or more; `oneToOne`: those alone whose nearest has them as its nearest too. */
export function matchedPairs({ aAt, aValue, bAt }: Sides, least: number, oneToOne: boolean): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < aAt.length; a++) {
    const b = aAt[a]!;
    const mutual = b >= 0 && bAt[b] === a;
    if (b >= 0 && aValue[a]! >= least && (mutual || !oneToOne)) pairs.push({ a, b, value: aValue[a]!, mutual });
  }
  return pairs;
}

/** Features whose nearest on the other side lies below `least`, the least alike first. */
export function onlyHere(at: ArrayLike<number>, value: ArrayLike<number>, least: number, density: ArrayLike<number>): number[] {
  const found: number[] = [];
  for (let i = 0; i < at.length; i++) if (density[i]! > 0 && (at[i]! < 0 || value[i]! < least)) found.push(i);
  return found.sort((x, y) => value[x]! - value[y]! || x - y);
}

/** How much denser one side's feature is: density of a / density of b; NaN where either never fires. */
export function densityRatio(pair: Pair, aDensity: ArrayLike<number>, bDensity: ArrayLike<number>): number {
  const [a, b] = [aDensity[pair.a] ?? 0, bDensity[pair.b] ?? 0];
  return a > 0 && b > 0 ? a / b : Number.NaN;
}

export function sortPairs(pairs: readonly Pair[], by: PairSort, ratio: (pair: Pair) => number): Pair[] {
  const far = (pair: Pair): number => {
    const value = Math.abs(Math.log(ratio(pair)));
    return Number.isNaN(value) ? -1 : value;
  };
  const keys: Record<PairSort, (x: Pair, y: Pair) => number> = {
    value: (x, y) => y.value - x.value || x.a - y.a, a: (x, y) => x.a - y.a, b: (x, y) => x.b - y.b || x.a - y.a, ratio: (x, y) => far(y) - far(x) || x.a - y.a,
  };
  return pairs.toSorted(keys[by]);
}

/** Counts of values in `n` equal bins from 0 to 1; what lies below 0 counts in the first. */
export function unitBins(values: ArrayLike<number>, n: number): { edges: number[]; counts: number[] } {
  const counts = new Array<number>(n).fill(0);
  for (let i = 0; i < values.length; i++) counts[Math.max(0, Math.min(n - 1, Math.floor(values[i]! * n)))]!++;
  return { edges: Array.from({ length: n + 1 }, (_, i) => i / n), counts };
}

export interface LabelCopy extends ShownLabelRow {
  readonly notes: string;
}

/** Labels that a's features of `pairs` have and b's lack, as suggestions for b: the best of several that fall on one feature. */
export function labelCopies(pairs: readonly Pair[], from: ReadonlyMap<number, ShownLabelRow>, to: ReadonlyMap<number, ShownLabelRow>, origin: string, measure: string): LabelCopy[] {
  const best = new Map<number, Pair>();
  for (const pair of pairs) {
    if (!from.has(pair.a) || to.has(pair.b)) continue;
    const known = best.get(pair.b);
    if (known === undefined || pair.value > known.value) best.set(pair.b, pair);
  }
  return [...best.values()].sort((x, y) => x.b - y.b).map(({ a, b, value }) => {
    const { text, kind, author } = from.get(a)!;
    return { index: b, text, kind, author, notes: `From feature ${a} of ${origin} (${measure} ${value.toFixed(3)}).` };
  });
}
