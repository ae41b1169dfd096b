/** What the table shows, as it stands in the address. Pure. */
import { featureColumns, type FeatureColumn, type FeatureFilter } from '../../../shared/schema/feature-query.ts';

export interface FeatureQuery {
  readonly sort: FeatureColumn;
  readonly descending: boolean;
  readonly search: string;
  readonly filter: FeatureFilter;
}

export const defaultQuery: FeatureQuery = { sort: 'index', descending: false, search: '', filter: {} };

const numbers = { dmin: 'densityMin', dmax: 'densityMax', amin: 'maxMin', amax: 'maxMax' } as const;
const flags = { labelled: 'labelled', dead: 'dead' } as const;

/** Reads a query from an address; what cannot be read is as if it were not there. */
export function parseQuery(address: Readonly<Record<string, string>>): FeatureQuery {
  const filter: Record<string, number | boolean> = {};
  for (const [key, name] of Object.entries(numbers)) {
    const value = Number(address[key]);
    if (address[key] !== undefined && address[key] !== '' && Number.isFinite(value) && (value >= 0 || name.startsWith('max'))) filter[name] = value;
  }
  for (const [key, name] of Object.entries(flags)) {
    if (address[key] === '1' || address[key] === '0') filter[name] = address[key] === '1';
  }
  const sort = featureColumns.find((column) => column === address.sort) ?? defaultQuery.sort;
  return { sort, descending: address.desc === '1', search: address.q ?? '', filter };
}

/** The inverse of `parseQuery`; defaults are left out. */
export function queryAddress(query: FeatureQuery): Record<string, string> {
  const address: Record<string, string> = {};
  if (query.sort !== defaultQuery.sort) address.sort = query.sort;
  if (query.descending) address.desc = '1';
  if (query.search !== '') address.q = query.search;
  for (const [key, name] of Object.entries(numbers)) {
    const value = query.filter[name];
    if (value !== undefined) address[key] = String(Number(value.toPrecision(6)));
  }
  for (const [key, name] of Object.entries(flags)) {
    const value = query.filter[name];
    if (value !== undefined) address[key] = value ? '1' : '0';
  }
  return address;
}

/** The order after a click on a header: figures start with the largest, names and numbers with the first. */
export function sortBy(query: FeatureQuery, column: FeatureColumn): FeatureQuery {
  if (query.sort === column) return { ...query, descending: !query.descending };
  return { ...query, sort: column, descending: column !== 'index' && column !== 'label' };
}

export function isFiltered(query: FeatureQuery): boolean {
  return query.search !== '' || Object.values(query.filter).some((value) => value !== undefined);
}
