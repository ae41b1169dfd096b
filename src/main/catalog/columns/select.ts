/** Which features a query means, in its order: one pass over columns in memory, kept for the next page of the same list. */
import { createHash } from 'node:crypto';
import type { FeatureFilter, FeatureQuery } from '../../../shared/schema/feature-query.ts';
import { rangeColumns } from '../../../shared/schema/feature-query.ts';
import { labelKinds } from '../../../shared/schema/catalog.ts';
import { unitsFactsOf } from '../../../shared/schema/units.ts';
import { unitsNamed } from '../../../shared/unit-names.ts';
import type { ReadHandle } from '../handle.ts';
import { ftsQuery, parseSearch } from '../search-text.ts';
import { featuresInList } from '../tables/columns.ts';
import type { Codes } from './packed.ts';
import { places } from './argsort.ts';
import { rankedByLabel, searchMask } from './search.ts';
import type { SearchMatch } from './search.ts';
import type { SourceColumns } from './source-columns.ts';

/** Lists that are kept for paging; one takes 4 bytes a feature. */
const mostKept = 12;

/** What `search` asks of labels and of contexts; null when it holds no word. While typing, the last word of a label is a beginning. */
export function matchOf(search: string | null): SearchMatch | null {
  if (search === null) return null;
  const labels = ftsQuery(parseSearch(search, true));
  const contexts = ftsQuery(parseSearch(search, false));
  return labels === null || contexts === null ? null : { labels, contexts };
}

function keepRange(mask: Uint8Array, values: Float64Array, low: number, high: number): void {
  for (let i = 0; i < mask.length; i++) if (!(values[i]! >= low && values[i]! <= high)) mask[i] = 0;
}

function keepEqual(mask: Uint8Array, values: ArrayLike<unknown>, wanted: unknown): void {
  for (let i = 0; i < mask.length; i++) if (values[i] !== wanted) mask[i] = 0;
}

function keepName(mask: Uint8Array, { codes, names }: Codes, name: string): void {
  const place = names.indexOf(name);
  if (place < 0) mask.fill(0);
  else keepEqual(mask, codes, place + 1);
}

function keepListed(mask: Uint8Array, listed: Iterable<number>): void {
  const wanted = new Uint8Array(mask.length);
  for (const i of listed) wanted[i] = 1;
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! & wanted[i]!;
}

function applyFilter(db: ReadHandle, columns: SourceColumns, filter: FeatureFilter, mask: Uint8Array): void {
  for (const name of rangeColumns) {
    const [low, high] = [filter[`${name}Min`], filter[`${name}Max`]];
    if (low !== undefined || high !== undefined) keepRange(mask, columns.range(name), low ?? -Infinity, high ?? Infinity);
  }
  const density = filter.dead === undefined ? null : columns.figure('density');
  if (density !== null) for (let i = 0; i < mask.length; i++) if ((density[i] === 0) !== filter.dead) mask[i] = 0;
  if (filter.labelled !== undefined) keepEqual(mask, columns.labels().labelled, Number(filter.labelled));
  if (filter.notes !== undefined) keepEqual(mask, columns.labels().notes, Number(filter.notes));
  if (filter.labelKind !== undefined) keepEqual(mask, columns.labels().kind, 1 + labelKinds.indexOf(filter.labelKind));
  if (filter.family !== undefined) keepName(mask, columns.labels().family, filter.family);
  if (filter.tokenClass !== undefined) keepName(mask, columns.tokenClass(), filter.tokenClass);
  if (filter.author !== undefined) keepEqual(mask, columns.authors(), filter.author);
  if (filter.list !== undefined) keepListed(mask, featuresInList(db, columns.source.id, filter.list));
}

/** The features of `order` that `mask` lets through; each once. */
function pick(mask: Uint8Array, ...orders: readonly ArrayLike<number>[]): Int32Array {
  const out = new Int32Array(mask.length);
  let n = 0;
  for (const order of orders) {
    for (let i = 0; i < order.length; i++) {
      if (mask[order[i]!] !== 1) continue;
      out[n++] = order[i]!;
      mask[order[i]!] = 2;
    }
  }
  return out.slice(0, n);
}

const isSet = (value: number): boolean => value === 1;

/** Nothing is filtered out: the order is the list. */
function wholeList(present: Int32Array, absent: Int32Array, descending: boolean): Int32Array {
  const out = new Int32Array(present.length + absent.length);
  out.set(descending ? present.toReversed() : present);
  out.set(absent, present.length);
  return out;
}

function arrange(db: ReadHandle, columns: SourceColumns, query: FeatureQuery, match: SearchMatch | null, mask: Uint8Array): Int32Array {
  if (query.sort === 'relevance') {
    const all = places(mask.length);
    const first = query.only ? (query.only.data as Int32Array) : match === null ? [] : rankedByLabel(db, columns, match.labels);
    return pick(mask, first, all);
  }
  const { present, absent } = columns.order(query.sort);
  if (mask.every(isSet)) return wholeList(present, absent, query.descending);
  return pick(mask, query.descending ? present.toReversed() : present, absent);
}

/** Of a source of units: those whose names the search gives, whole or in part, are found as well. */
function keepNamed({ source }: SourceColumns, search: string, found: Uint8Array): void {
  const facts = unitsFactsOf(source);
  const isNamed = facts === null ? null : unitsNamed(facts.names, search);
  if (isNamed !== null) for (let i = 0; i < found.length; i++) if (isNamed(i)) found[i] = 1;
}

function keyOf(query: FeatureQuery): string {
  const { only, ...rest } = query;
  return JSON.stringify([rest, only ? createHash('sha1').update(only.data).digest('hex') : null]);
}

/** int32 [matching features]: the whole list of `query`. Call inside a snapshot. */
export function selectFeatures(db: ReadHandle, columns: SourceColumns, query: FeatureQuery): Int32Array {
  const key = keyOf(query);
  const known = columns.results.get(key) as Int32Array | undefined;
  if (known !== undefined) return known;
  const mask = columns.present()?.slice() ?? new Uint8Array(columns.source.features).fill(1);
  const match = matchOf(query.search);
  if (query.only) keepListed(mask, query.only.data as Int32Array);
  applyFilter(db, columns, query.filter, mask);
  if (match !== null) {
    const found = searchMask(db, columns, match);
    keepNamed(columns, query.search!, found);
    for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! & found[i]!;
  }
  const selected = arrange(db, columns, query, match, mask);
  for (const old of columns.results.keys()) if (columns.results.size >= mostKept) columns.results.delete(old);
  columns.results.set(key, selected);
  return selected;
}
