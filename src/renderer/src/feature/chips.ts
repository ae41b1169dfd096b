/** The conditions of a query in words, each with the query that is left without it. Pure. */
import type { FeatureFilter, RangeColumn } from '../../../shared/schema/feature-query.ts';
import { rangeColumns } from '../../../shared/schema/feature-query.ts';
import { count, percent, significant } from '../format/number.ts';
import { refine, type FeatureQuery } from './query.ts';

export interface Chip {
  readonly text: string;
  readonly without: FeatureQuery;
}

export interface ChipNames {
  /** The name of a list by its id. */
  readonly list: (id: number) => string | undefined;
  /** What a set of features is called; undefined when this tab does not have it. */
  readonly set: (key: string) => string | undefined;
}

export const rangeNames: Readonly<Record<RangeColumn, string>> = {
  index: 'feature', density: 'density', max: 'maximum', mean: 'mean', min: 'minimum', score: 'score', confidence: 'confidence',
};
const formats: Partial<Record<RangeColumn, (value: number) => string>> = { density: percent, index: count, confidence: count };

function rangeText(low: number | undefined, high: number | undefined, format: (value: number) => string): string {
  if (low === undefined) return `≤ ${format(high!)}`;
  if (low === high) return format(low);
  return high === undefined ? `≥ ${format(low)}` : `${format(low)} to ${format(high)}`;
}

function rangeChips(query: FeatureQuery): Chip[] {
  return rangeColumns.flatMap((column) => {
    const [low, high] = [query.filter[`${column}Min`], query.filter[`${column}Max`]];
    if (low === undefined && high === undefined) return [];
    return [{ text: `${rangeNames[column]} ${rangeText(low, high, formats[column] ?? significant)}`, without: refine(query, { [`${column}Min`]: undefined, [`${column}Max`]: undefined }) }];
  });
}

/** One chip a condition; the search has its own box. */
export function chipsOf(query: FeatureQuery, names: ChipNames): Chip[] {
  const { filter } = query;
  const chip = <K extends keyof FeatureFilter>(name: K, words: (value: NonNullable<FeatureFilter[K]>) => string): Chip[] => {
    const value = filter[name];
    return value === undefined ? [] : [{ text: words(value as NonNullable<FeatureFilter[K]>), without: refine(query, { [name]: undefined }) }];
  };
  return [
    ...(query.set === '' ? [] : [{ text: names.set(query.set) ?? 'a set that this window does not have', without: { ...query, set: '', ...(query.sort === 'relevance' && query.search === '' ? { sort: 'index' as const } : {}) } }]),
    ...rangeChips(query),
    ...chip('labelled', (value) => (value ? 'labelled' : 'unlabelled')),
    ...chip('dead', (value) => (value ? 'dead' : 'alive')),
    ...chip('notes', (value) => (value ? 'with notes' : 'without notes')),
    ...chip('labelKind', (value) => `label: ${value}`),
    ...chip('author', (value) => `by ${value}`),
    ...chip('family', (value) => `family ${value}`),
    ...chip('tokenClass', (value) => `token class ${value}`),
    ...chip('list', (value) => `in the list ${names.list(value) ?? value}`),
  ];
}
