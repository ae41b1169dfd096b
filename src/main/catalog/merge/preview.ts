/** A plan of a merge in the words of the contract. */
import type { MergePreview } from '../../../shared/schema/share.ts';
import type { ReadHandle } from '../handle.ts';
import { info } from '../tables/info.ts';
import { models } from '../tables/models.ts';
import { stores } from '../tables/contexts.ts';
import type { StoreRow } from '../tables/contexts.ts';
import type { LabelState } from './labels.ts';
import type { SourceMatch } from './people.ts';
import type { MergePlan } from './plan.ts';

/** Changes listed at most; the counts are of all. */
const mostChanges = 50_000;

type Side = MergePreview['changes'][number]['mine'];

function side(label: LabelState | null): Side {
  if (label === null) return null;
  const { text, author, kind, confidence, notes, createdAt } = label;
  return { text, author, kind, confidence, notes: notes.slice(0, 500), createdAt };
}

function authorsOf(plan: MergePlan): MergePreview['authors'] {
  const counts = new Map<string, number>();
  for (const { add } of plan.tables) for (const row of add) counts.set(String(row['author'] ?? ''), (counts.get(String(row['author'] ?? '')) ?? 0) + 1);
  counts.delete('');
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, 100).map(([author, rows]) => ({ author, rows }));
}

/** Their sources, each with ours of the same features. */
export function foreignSources(db: ReadHandle, from: ReadHandle, matches: readonly SourceMatch[]): MergePreview['sources'] {
  const storesOf = (handle: ReadHandle): Map<number, StoreRow> => new Map(stores(handle).map((store) => [store.id, store]));
  const [ours, theirs] = [storesOf(db), storesOf(from)];
  return matches.map(({ theirs: row, mine }) => ({
    id: row.id, name: row.name, kind: row.kind, hookPoint: row.hookPoint, modelName: row.modelName, modelHash: row.modelHash, dictionaryHash: row.dictionaryHash,
    features: row.features, labelled: row.labelled, tokens: row.tokens, complete: row.complete, provenance: row.provenance, corpus: theirs.get(row.store)?.corpusName ?? '',
    mine: mine === null ? null : { id: mine.id, name: mine.name },
    sameStore: mine !== null && ours.get(mine.store)?.hash === theirs.get(row.store)?.hash,
  }));
}

export function describeMerge(db: ReadHandle, from: ReadHandle, matches: readonly SourceMatch[], plan: MergePlan): MergePreview {
  const facts = info(from);
  return {
    uid: facts.get('uid') ?? '', createdAt: facts.get('created_at') ?? '', models: models(from).length,
    sources: foreignSources(db, from, matches), counts: { ...plan.counts }, authors: authorsOf(plan),
    tables: plan.tables.filter(({ table }) => table !== 'labels').map(({ table, add, change, kept }) => ({ table, add: add.length, change: change.length, kept: kept.length })),
    problems: plan.problems.slice(0, 100),
    changes: plan.features.slice(0, mostChanges).map(({ source, feature, status, mine, theirs, suggested }) => ({ source, index: feature, status, mine: side(mine), theirs: side(theirs), suggested })),
  };
}
