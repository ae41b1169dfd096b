/** Merges in words: what came in, and why one cannot be taken back. Pure. */
import type { MergeRecord } from '../../../shared/schema/share.ts';
import { count, plural } from '../format/number.ts';
import { minute } from '../format/time.ts';

const others = ['scores', 'reviews', 'comments', 'lists', 'views'] as const;

/** What a merge wrote down; a count that is not there is 0. */
type Counts = { readonly [name in 'labels' | 'undone' | 'sources' | (typeof others)[number]]?: number };

/** "3 labels came in, 1 label of yours went into the history". */
export function mergedWords(counts: Counts): string {
  const of = (name: keyof Counts): number => counts[name] ?? 0;
  const rest = others.reduce((sum, name) => sum + of(name), 0);
  const nothingElse = of('undone') + of('sources') + rest === 0;
  return [
    ...(of('labels') > 0 || nothingElse ? [`${plural(of('labels'), 'label')} came in`] : []),
    ...(of('undone') > 0 ? [`${plural(of('undone'), 'label')} of yours went into the history`] : []),
    ...(of('sources') > 0 ? [`${plural(of('sources'), 'source')} added`] : []),
    ...(rest > 0 ? [plural(rest, 'other row')] : []),
  ].join(', ');
}

/** "4 merges, 2 of them stand". */
export function historyWords(merges: readonly Pick<MergeRecord, 'undoneAt'>[]): string {
  const standing = merges.filter(({ undoneAt }) => undoneAt === null).length;
  if (merges.length === 1) return `1 merge, ${standing === 1 ? 'which stands' : 'taken back'}`;
  const some = standing === 0 ? 'none of them stands' : standing === merges.length ? 'all of them stand' : `${count(standing)} of them ${standing === 1 ? 'stands' : 'stand'}`;
  return `${plural(merges.length, 'merge')}, ${some}`;
}

/** What goes and what comes back when a merge is taken back, as sentences. */
export function takeBackWords({ summary }: { readonly summary: Counts }): string {
  const of = (name: keyof Counts): number => summary[name] ?? 0;
  const rest = others.reduce((sum, name) => sum + of(name), 0);
  const came = [...(of('labels') > 0 ? [plural(of('labels'), 'label')] : []), ...(rest > 0 ? [plural(rest, 'other row')] : [])];
  return [
    ...(came.length > 0 ? [`What it brought goes: ${came.join(' and ')}.`] : []),
    ...(of('undone') > 0 ? [`${plural(of('undone'), 'label')} of yours that it put aside ${of('undone') === 1 ? 'counts' : 'count'} again.`] : []),
    ...(of('sources') > 0 ? [`${plural(of('sources'), 'source')} that it added ${of('sources') === 1 ? 'goes' : 'go'} with every label and remark that was made there since.`] : []),
    'Its file can be merged in again.',
  ].join(' ');
}

/** Why a merge cannot be taken back; null when it can. */
export function whyNot({ later }: Pick<MergeRecord, 'later'>, all: readonly MergeRecord[], readOnly: boolean): string | null {
  if (readOnly) return 'This catalog is read-only.';
  if (later === null) return null;
  const other = all.find(({ id }) => id === later.id);
  return `Take back ${later.name}${other === undefined ? ` (merge ${count(later.id)})` : ` of ${minute(other.createdAt)}`} first: it changed some of the same rows.`;
}
