/** What can be chosen in the export dialog, in words, and the selection that a choice means. Pure. */
import type { ExportFormatName, ExportSelection, TextRedaction } from '../../../shared/schema/export.ts';
import type { FeatureQuery } from '../feature/query.ts';

export interface FormatChoice {
  readonly id: ExportFormatName;
  readonly title: string;
  readonly text: string;
  /** What the path gets when the name has no ending of its own. */
  readonly ending: string;
  /** Whether examples are in it. */
  readonly examples: boolean;
}

export const formatChoices: readonly FormatChoice[] = [
  { id: 'loupe', title: 'Catalog (.loupe)', text: 'One file that opens in Loupe, with labels and their history.', ending: '.loupe', examples: true },
  { id: 'html', title: 'Web site', text: 'A folder that opens in any browser, from disk or from a server.', ending: '-site', examples: true },
  { id: 'neuronpedia', title: 'Neuronpedia JSONL', text: 'Features, activations and explanations by its field names.', ending: '-neuronpedia', examples: true },
  { id: 'csv', title: 'CSV', text: 'Figures and labels for a spreadsheet.', ending: '-csv', examples: false },
  { id: 'parquet', title: 'Parquet', text: 'Typed tables of features, labels and examples.', ending: '-parquet', examples: true },
];

export const redactionChoices: readonly { readonly id: TextRedaction; readonly title: string; readonly text: string }[] = [
  { id: 'none', title: 'As it is', text: '' },
  { id: 'around', title: 'Only around the peak', text: 'Tokens further away are hidden.' },
  { id: 'classes', title: 'Classes of tokens', text: 'Every token becomes its class: ‹word›, ‹number›…' },
  { id: 'examples', title: 'No examples', text: 'Figures and labels only.' },
];

/** What is exported: everything, the source that is shown, what the table shows, the features that are marked there, or indices that were typed. */
export type Scope = 'all' | 'source' | 'query' | 'marked' | 'indices';

export interface ScopeChoice {
  readonly scope: Scope;
  readonly source: number | null;
  readonly query: FeatureQuery | null;
  /** The features of a set that a chart or a search by meaning made; null where the query has none. */
  readonly set: Int32Array | null;
  /** The features that are marked in the table. */
  readonly marked: Int32Array | null;
  readonly indices: string;
  readonly labelled: boolean;
}

const everything: ExportSelection = { source: null, indices: null, list: null, filter: null, search: null, labelled: false };

/** Rising indices as ranges: 0-3,7. */
export function asRanges(indices: ArrayLike<number>): string {
  const sorted = Int32Array.from(indices).sort();
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (end + 1 < sorted.length && sorted[end + 1]! <= sorted[end]! + 1) end++;
    parts.push(end === i ? String(sorted[i]) : `${sorted[i]}-${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(',');
}

export function selectionOf({ scope, source, query, set, marked, indices, labelled }: ScopeChoice): ExportSelection {
  if (scope === 'all') return { ...everything, labelled };
  if (scope === 'source' || source === null) return { ...everything, source, labelled };
  if (scope === 'indices') return { ...everything, source, indices: indices.trim(), labelled };
  if (scope === 'marked') return { ...everything, source, indices: asRanges(marked ?? []), labelled };
  const search = query === null || query.search.trim() === '' ? null : query.search;
  return { ...everything, source, filter: query?.filter ?? null, search, indices: set === null ? null : asRanges(set), labelled };
}

/** What is wrong with typed indices, or null. */
export function indicesProblem(text: string): string | null {
  return /^\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*$/.test(text) ? null : 'Give indices such as 0-99,200.';
}
