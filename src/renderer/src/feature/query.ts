/** What the table shows, as it stands in the address. Pure. */
import { labelKinds } from '../../../shared/schema/catalog.ts';
import { featureSorts, rangeColumns, type FeatureColumn, type FeatureFilter, type FeatureSort } from '../../../shared/schema/feature-query.ts';

export interface FeatureQuery {
  readonly sort: FeatureSort;
  readonly descending: boolean;
  readonly search: string;
  readonly filter: FeatureFilter;
  /** The key of a set of features (feature-sets.ts) that the list is restricted to; "" for none. */
  readonly set: string;
}

export const defaultQuery: FeatureQuery = { sort: 'index', descending: false, search: '', filter: {}, set: '' };

type FilterName = keyof FeatureFilter;

/** Address keys of the bounds: a letter a column, then min or max. */
const rangeLetters = { index: 'i', density: 'd', max: 'a', mean: 'm', min: 'n', score: 's', confidence: 'c' } as const;
const numbers: readonly (readonly [key: string, name: FilterName])[] = rangeColumns.flatMap((column) => [
  [`${rangeLetters[column]}min`, `${column}Min`] as const, [`${rangeLetters[column]}max`, `${column}Max`] as const,
]);
const flags = { labelled: 'labelled', dead: 'dead', notes: 'notes' } as const;
const texts = { author: 'author', family: 'family', class: 'tokenClass' } as const;
const longest = { author: 200, family: 100, class: 100 } as const;

/** Every key of an address that belongs to the table. */
export const addressKeys: ReadonlySet<string> = new Set(['sort', 'desc', 'q', 'set', 'kind', 'list', ...numbers.map(([key]) => key), ...Object.keys(flags), ...Object.keys(texts)]);

function readNumbers(address: Readonly<Record<string, string>>, filter: Record<string, unknown>): void {
  for (const [key, name] of numbers) {
    const value = Number(address[key]);
    if (address[key] !== undefined && address[key] !== '' && Number.isFinite(value) && (value >= 0 || !name.startsWith('density'))) filter[name] = value;
  }
  if (/^\d{1,9}$/.test(address.list ?? '')) filter.list = Number(address.list);
}

/** Reads a query from an address; what cannot be read is as if it were not there. */
export function parseQuery(address: Readonly<Record<string, string>>): FeatureQuery {
  const filter: Record<string, unknown> = {};
  readNumbers(address, filter);
  for (const [key, name] of Object.entries(flags)) if (address[key] === '1' || address[key] === '0') filter[name] = address[key] === '1';
  for (const [key, name] of Object.entries(texts)) {
    const value = address[key];
    if (value !== undefined && value !== '' && value.length <= longest[key as keyof typeof longest]) filter[name] = value;
  }
  const kind = labelKinds.find((name) => name === address.kind);
  if (kind !== undefined) filter.labelKind = kind;
  const sort = featureSorts.find((column) => column === address.sort) ?? defaultQuery.sort;
  return { sort, descending: address.desc === '1', search: address.q ?? '', filter: filter as FeatureFilter, set: address.set ?? '' };
}

/** The inverse of `parseQuery`; defaults are left out. */
export function queryAddress(query: FeatureQuery): Record<string, string> {
  const { filter } = query;
  const address: Record<string, string> = {};
  const put = (key: string, value: string | undefined): void => { if (value !== undefined && value !== '') address[key] = value; };
  if (query.sort !== defaultQuery.sort) address.sort = query.sort;
  if (query.descending) address.desc = '1';
  put('q', query.search);
  put('set', query.set);
  for (const [key, name] of numbers) {
    const value = filter[name];
    if (typeof value === 'number') address[key] = String(Number(value.toPrecision(6)));
  }
  for (const [key, name] of Object.entries(flags)) {
    const value = filter[name];
    if (value !== undefined) address[key] = value ? '1' : '0';
  }
  for (const [key, name] of Object.entries(texts)) put(key, filter[name]);
  put('kind', filter.labelKind);
  if (filter.list !== undefined) address.list = String(filter.list);
  return address;
}

const fromFirst: ReadonlySet<string> = new Set(['index', 'label', 'family', 'tokenClass', 'relevance']);

/** The order after a click on a header: figures start with the largest, names and numbers with the first. */
export function sortBy(query: FeatureQuery, column: FeatureColumn | 'relevance'): FeatureQuery {
  if (query.sort === column && column !== 'relevance') return { ...query, descending: !query.descending };
  return { ...query, sort: column, descending: !fromFirst.has(column) };
}

/** `query` with some conditions changed; undefined takes one off. */
export function refine(query: FeatureQuery, changes: Partial<FeatureFilter>): FeatureQuery {
  return { ...query, filter: { ...query.filter, ...changes } };
}

/** Everything again, in the same order (that of relevance means nothing then). */
export function unfiltered(query: FeatureQuery): FeatureQuery {
  return { ...query, search: '', filter: {}, set: '', ...(query.sort === 'relevance' ? { sort: 'index', descending: false } as const : {}) };
}

export function isFiltered(query: FeatureQuery): boolean {
  return query.search !== '' || query.set !== '' || Object.values(query.filter).some((value) => value !== undefined);
}
