/** The names that filters can ask for, counted over columns in memory. */
import type { Facets } from '../../../shared/schema/feature-query.ts';
import type { ReadHandle } from '../handle.ts';
import { listSizes } from '../tables/columns.ts';
import type { Codes } from './packed.ts';
import type { SourceColumns } from './source-columns.ts';

const most = 500;

function mostFrequent(counts: ReadonlyMap<string, number>): { name: string; features: number }[] {
  return [...counts].map(([name, features]) => ({ name, features })).sort((a, b) => b.features - a.features || a.name.localeCompare(b.name, 'en')).slice(0, most);
}

function countCodes({ codes, names }: Codes): { name: string; features: number }[] {
  const counts = new Uint32Array(names.length + 1);
  for (const code of codes) counts[code]!++;
  return mostFrequent(new Map(names.map((name, i) => [name, counts[i + 1]!] as const).filter(([, n]) => n > 0)));
}

function countNames(names: readonly (string | undefined)[]): { name: string; features: number }[] {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return mostFrequent(counts);
}

/** At most 500 names each, the most frequent first. Call inside a snapshot. */
export function facetsOf(db: ReadHandle, columns: SourceColumns): Facets {
  return {
    families: countCodes(columns.labels().family), tokenClasses: countCodes(columns.tokenClass()), authors: countNames(columns.authors()),
    lists: listSizes(db, columns.source.id),
  };
}
