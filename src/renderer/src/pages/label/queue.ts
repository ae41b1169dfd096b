/** The queue's address and words, and its arithmetic. Pure. */
import { queueKinds, type QueueFilter, type QueueKind } from '../../../../shared/schema/labels.ts';

/** Beside the queues of the catalog, what the features table shows. */
export type QueueChoice = QueueKind | 'table';

export interface QueueQuery {
  readonly kind: QueueChoice;
  readonly list: number | null;
  /** Machine labels up to this score. */
  readonly scoreAtMost: number;
}

export const defaultQueue: QueueQuery = { kind: 'unlabelled', list: null, scoreAtMost: 0.6 };

export const queueTitles: Readonly<Record<QueueChoice, string>> = {
  unlabelled: 'Not labelled by anybody', 'not-mine': 'Not labelled by me', machine: 'Guessed, with a low score', unsure: 'I was unsure', skipped: 'I skipped',
  disagreement: 'People disagree', list: 'A list', table: 'What the features table shows', all: 'All that fire',
};

export const queueChoices: readonly QueueChoice[] = ['unlabelled', 'not-mine', 'machine', 'unsure', 'skipped', 'disagreement', 'list', 'table', 'all'];

/** Reads a queue from an address; what cannot be read is as if it were not there. */
export function parseQueue(address: Readonly<Record<string, string>>): QueueQuery {
  const kind = [...queueKinds, 'table' as const].find((name) => name === address.queue) ?? defaultQueue.kind;
  const list = Number(address.list);
  const score = Number(address.score);
  return {
    kind, list: address.list !== undefined && Number.isInteger(list) ? list : null,
    scoreAtMost: address.score !== undefined && score >= 0 && score <= 1 ? score : defaultQueue.scoreAtMost,
  };
}

export function queueAddress({ kind, list, scoreAtMost }: QueueQuery): Record<string, string> {
  return {
    ...(kind === defaultQueue.kind ? {} : { queue: kind }), ...(kind === 'list' && list !== null ? { list: String(list) } : {}),
    ...(kind === 'machine' && scoreAtMost !== defaultQueue.scoreAtMost ? { score: String(scoreAtMost) } : {}),
  };
}

/** The filter for `labels.queue`; null for the table's own query, and for a list that is not chosen yet. */
export function queueFilter({ kind, list, scoreAtMost }: QueueQuery): QueueFilter | null {
  if (kind === 'table') return null;
  if (kind === 'list') return list === null ? null : { kind, list };
  return kind === 'machine' ? { kind, scoreAtMost } : { kind };
}

/** Median seconds of the last labels of this sitting; null before the second. */
export function pace(seconds: readonly number[], last = 20): number | null {
  const recent = seconds.slice(-last).toSorted((a, b) => a - b);
  return recent.length === 0 ? null : recent[recent.length >> 1]!;
}
