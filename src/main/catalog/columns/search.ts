/** Full-text search against columns in memory: the text index says which labels and contexts match, and no row is fetched for each of them. */
import type { ReadHandle } from '../handle.ts';
import { featuresMatchingContexts, matchingContexts, matchingLabels, onlySource, rankedLabels } from '../tables/columns.ts';
import { featuresByContext } from '../tables/contexts.ts';
import type { ContextHit } from '../tables/contexts.ts';
import type { ContextLists } from './packed.ts';
import type { SourceColumns } from './source-columns.ts';

export interface SearchMatch {
  /** FTS5 queries over labels and over contexts. */
  readonly labels: string;
  readonly contexts: string;
}

/** uint8 [last + 1]: 1 for each context that matches. */
function contextMask(db: ReadHandle, match: string, last: number): Uint8Array {
  const mask = new Uint8Array(last + 1);
  for (const id of matchingContexts(db, match)) mask[id] = 1;
  return mask;
}

/** Sets the features with an example in a matching context. */
function markByContexts(lists: ContextLists, matching: Uint8Array, mask: Uint8Array): void {
  const { offsets, contexts } = lists;
  for (let f = 0; f < mask.length; f++) {
    const end = offsets[f + 1]!;
    for (let i = offsets[f]!; i < end; i++) {
      if (matching[contexts[i]!] !== 1) continue;
      mask[f] = 1;
      break;
    }
  }
}

/** uint8 [features]: 1 where the label or an example matches. */
export function searchMask(db: ReadHandle, columns: SourceColumns, match: SearchMatch): Uint8Array {
  const { source } = columns;
  const mask = new Uint8Array(source.features);
  const lists = columns.contexts();
  if (lists === null) for (const f of featuresMatchingContexts(db, source.id, match.contexts)) mask[f] = 1;
  else markByContexts(lists, contextMask(db, match.contexts, lists.last), mask);
  for (const id of matchingLabels(db, match.labels)) {
    const f = columns.featureOfLabel(id);
    if (f !== undefined) mask[f] = 1;
  }
  return mask;
}

/** The first `limit` features whose current label matches, best first by bm25; equal ones in the order of their making. */
export function rankedByLabel(db: ReadHandle, columns: SourceColumns, match: string, limit: number = Infinity): number[] {
  // Labels of other sources may stand before ours: then all are ranked.
  const most = Number.isFinite(limit) && onlySource(db, columns.source.id) ? limit : -1;
  return rankedLabels(db, match, most).map((id) => columns.featureOfLabel(id)).filter((f) => f !== undefined).slice(0, limit);
}

/** The first `limit` features, in index order, with an example in a matching context, and the first such context of each. */
export function hitsInContexts(db: ReadHandle, columns: SourceColumns, match: string, limit: number): ContextHit[] {
  const lists = columns.contexts();
  if (lists === null) return featuresByContext(db, columns.source.id, match, limit);
  const matching = contextMask(db, match, lists.last);
  const hits: ContextHit[] = [];
  for (let feature = 0; feature < columns.source.features && hits.length < limit; feature++) {
    for (let i = lists.offsets[feature]!; i < lists.offsets[feature + 1]!; i++) {
      const context = lists.contexts[i]!;
      if (matching[context] !== 1) continue;
      hits.push({ feature, context });
      break;
    }
  }
  return hits;
}
