/** The list of what a merge would change: which rows are shown, and what is decided. Pure. */
import type { MergeChange, MergeChoice, MergeStatus } from '../../../shared/schema/share.ts';

export type Choices = Readonly<Record<string, MergeChoice>>;

export interface ChangeFilter {
  /** One status, or all. */
  readonly status: MergeStatus | 'all' | 'open';
  /** Words that occur in either label, either author, or the feature's number. */
  readonly text: string;
}

export const changeKey = ({ source, index }: Pick<MergeChange, 'source' | 'index'>): string => `${source}/${index}`;

/** What happens to a change: a choice of one's own, else what is proposed, else nothing yet (null) for a conflict and the union for the rest. */
export function choiceOf(change: MergeChange, choices: Choices): MergeChoice | null {
  return choices[changeKey(change)] ?? change.suggested ?? (change.status === 'conflict' ? null : 'both');
}

export function shownChanges(changes: readonly MergeChange[], filter: ChangeFilter, choices: Choices): MergeChange[] {
  const words = filter.text.trim().toLowerCase();
  return changes.filter((change) => {
    if (filter.status === 'open' && choiceOf(change, choices) !== null) return false;
    if (filter.status !== 'all' && filter.status !== 'open' && change.status !== filter.status) return false;
    if (words === '') return true;
    return [String(change.index), change.mine?.text, change.theirs?.text, change.mine?.author, change.theirs?.author].some((text) => text?.toLowerCase().includes(words));
  });
}

/** The choices with one made for each of `changes`. */
export function chooseAll(choices: Choices, changes: readonly MergeChange[], choice: MergeChoice): Choices {
  return { ...choices, ...Object.fromEntries(changes.map((change) => [changeKey(change), choice])) };
}

/** What is sent: every choice that differs from what happens by itself. */
export function decided(changes: readonly MergeChange[], choices: Choices): Record<string, MergeChoice> {
  const out: Record<string, MergeChoice> = {};
  for (const change of changes) {
    const choice = choiceOf(change, choices);
    if (choice !== null && (change.status === 'conflict' || choice !== 'both')) out[changeKey(change)] = choice;
  }
  return out;
}

export const statusWords: Readonly<Record<MergeStatus, string>> = {
  conflict: 'Differs', new: 'New', changed: 'Changed', removed: 'Taken back', agreed: 'Same words', history: 'Older label', identical: 'Identical', ahead: 'Only yours',
};

export const choiceWords: Readonly<Record<MergeChoice, string>> = { mine: 'Keep yours', theirs: 'Take theirs', both: 'Keep both' };

/** "Merge 312 labels", "Merge 2 sources": what the button does. */
export function mergeTitle(labels: number, others: number, sources: number): string {
  const parts = [[sources, 'source', 'sources'], [labels, 'label', 'labels'], [others, 'other row', 'other rows']] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, one, many]) => `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`);
  return said.length === 0 ? 'Nothing to merge' : `Merge ${said.join(', ')}`;
}
