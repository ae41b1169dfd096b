/**
 * Agreement between raters: Cohen's kappa on categories, with its interval.
 *
 * J. Cohen, A coefficient of agreement for nominal scales, 1960; standard error after J. L. Fleiss, J. Cohen and B. S. Everitt,
 * Large sample standard errors of kappa and weighted kappa, 1969 (eq. 13).
 */
import type { AgreementPair } from '../../shared/schema/labels.ts';
import { vector } from '../../shared/schema/tensor.ts';

export interface Kappa {
  /** 1 full agreement, 0 as by chance, negative below it; null where it is not defined. */
  readonly kappa: number | null;
  /** 95 % interval, inside [-1, 1]. */
  readonly low: number | null;
  readonly high: number | null;
  /** Share of items on which both agree; null without items. */
  readonly observed: number | null;
  readonly n: number;
  /** Why there is no kappa, in words. */
  readonly note: string | null;
}

const undefinedKappa = { kappa: null, low: null, high: null } as const;

/** Kappa of a square confusion table, float64 [k, k] counts: row one rater's category, column the other's. */
export function cohensKappa(table: Float64Array, k: number): Kappa {
  const n = table.reduce((a, b) => a + b, 0);
  if (n === 0) return { ...undefinedKappa, observed: null, n, note: 'No feature has a family from both.' };
  const share = (i: number, j: number): number => table[i * k + j]! / n;
  const all = Array.from({ length: k }, (_, i) => i);
  const rows = all.map((i) => all.reduce((sum, j) => sum + share(i, j), 0));
  const columns = all.map((j) => all.reduce((sum, i) => sum + share(i, j), 0));
  const observed = all.reduce((sum, i) => sum + share(i, i), 0);
  const chance = all.reduce((sum, i) => sum + rows[i]! * columns[i]!, 0);
  if (1 - chance < 1e-12) return { ...undefinedKappa, observed, n, note: 'Both gave one and the same family throughout: agreement beyond chance cannot be told.' };
  const kappa = (observed - chance) / (1 - chance);
  const margin = 1.959964 * Math.sqrt(Math.max(0, kappaVariance(share, rows, columns, observed, chance) / n));
  return { kappa, low: Math.max(-1, kappa - margin), high: Math.min(1, kappa + margin), observed, n, note: n < 20 ? `Only ${n} ${n === 1 ? 'feature' : 'features'}: the interval is a rough one.` : null };
}

/** n times the variance of kappa where agreement is not by chance alone. */
function kappaVariance(share: (i: number, j: number) => number, rows: readonly number[], columns: readonly number[], observed: number, chance: number): number {
  let same = 0;
  let apart = 0;
  for (let i = 0; i < rows.length; i++) {
    same += share(i, i) * (1 - chance - (rows[i]! + columns[i]!) * (1 - observed)) ** 2;
    for (let j = 0; j < rows.length; j++) if (i !== j) apart += share(i, j) * (columns[i]! + rows[j]!) ** 2;
  }
  return (same + (1 - observed) ** 2 * apart - (observed * chance - 2 * chance + observed) ** 2) / (1 - chance) ** 4;
}

/** One person's label of one feature. */
export interface Rating {
  readonly author: string;
  readonly feature: number;
  readonly text: string;
  /** Empty for none. */
  readonly family: string;
}

const plain = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');

/** Pairs grow with the square of people; these are the ones with the most labels. */
const mostAuthors = 40;

/** Agreement of each two people who labelled a feature in common; `ratings` holds one label a person and feature. Most in common first. */
export function agreementOf(ratings: readonly Rating[]): AgreementPair[] {
  const byAuthor = new Map<string, Map<number, Rating>>();
  for (const rating of ratings) {
    const own = byAuthor.get(rating.author) ?? new Map<number, Rating>();
    byAuthor.set(rating.author, own.set(rating.feature, rating));
  }
  const authors = [...byAuthor].sort(([, a], [, b]) => b.size - a.size).slice(0, mostAuthors).map(([author]) => author).sort();
  const pairs = authors.flatMap((a, i) => authors.slice(i + 1).map((b) => pairOf(a, b, byAuthor.get(a)!, byAuthor.get(b)!)));
  return pairs.filter(({ both }) => both > 0).sort((p, q) => q.both - p.both);
}

function pairOf(a: string, b: string, first: ReadonlyMap<number, Rating>, second: ReadonlyMap<number, Rating>): AgreementPair {
  const common = [...first.values()].flatMap((one) => {
    const other = second.get(one.feature);
    return other === undefined ? [] : [[one, other] as const];
  });
  const both = common.map(([one, other]) => [plain(one.family), plain(other.family)] as const).filter(([x, y]) => x !== '' && y !== '');
  const categories = [...new Set(both.flat())].sort();
  const k = categories.length;
  const table = new Float64Array(k * k);
  for (const [x, y] of both) table[categories.indexOf(x) * k + categories.indexOf(y)]! += 1;
  return {
    authors: [a, b], both: common.length, sameText: common.filter(([one, other]) => plain(one.text) === plain(other.text)).length,
    categories, table: vector(table, [k, k]), ...cohensKappa(table, k),
  };
}
