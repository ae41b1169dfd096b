/**
 * Joining two histories of one feature's labels. Pure.
 *
 * A label never changes; all that happens to it is being taken back. So a history is a set of labels by uid, each standing or taken back,
 * and the join of two histories is their union in which a label is taken back when either side did so. That is commutative, associative
 * and idempotent, and loses nothing. Which label is current is a function of the set: the one with the latest (time, uid) that stands.
 *
 * A decision about a conflict is such a taking back too: the label that is not kept stays in the history, and the decision travels with
 * the file like every other change.
 */

import type { MergeChoice, MergeStatus } from '../../../shared/schema/share.ts';

export interface LabelState {
  readonly uid: string;
  readonly text: string;
  readonly author: string;
  readonly kind: string;
  readonly confidence: number | null;
  readonly notes: string;
  readonly family: string;
  readonly createdAt: string;
  readonly undoneAt: string | null;
}

export type History = ReadonlyMap<string, LabelState>;

function later(a: LabelState, b: LabelState): boolean {
  return a.createdAt === b.createdAt ? a.uid > b.uid : a.createdAt > b.createdAt;
}

/** The label that is shown. */
export function currentOf(history: Iterable<LabelState>): LabelState | null {
  let current: LabelState | null = null;
  for (const label of history) if (label.undoneAt === null && (current === null || later(label, current))) current = label;
  return current;
}

/** The earlier of two times; null is never. */
export function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/** The union of two histories. */
export function joinHistories(mine: History, theirs: History): Map<string, LabelState> {
  const joined = new Map(mine);
  for (const [uid, label] of theirs) {
    const ours = joined.get(uid);
    joined.set(uid, ours === undefined ? label : { ...ours, undoneAt: earlier(ours.undoneAt, label.undoneAt) });
  }
  return joined;
}

/** True where `theirs` holds a label, or an (earlier) taking back, that `mine` lacks. */
function brings(theirs: History, mine: History): boolean {
  for (const [uid, { undoneAt }] of theirs) {
    const ours = mine.get(uid);
    if (ours === undefined || earlier(ours.undoneAt, undoneAt) !== ours.undoneAt) return true;
  }
  return false;
}

/** As people read labels: the same words, whatever their case and spacing. */
const plain = (text: string): string => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();

/** What merging does to one feature: see `mergeStatuses`. */
export function mergeStatus(mine: History, theirs: History): MergeStatus {
  if (!brings(theirs, mine)) return brings(mine, theirs) ? 'ahead' : 'identical';
  const [ours, other] = [currentOf(mine.values()), currentOf(theirs.values())];
  if (ours === null) return other === null || mine.has(other.uid) ? 'history' : 'new';
  if (theirs.has(ours.uid)) {
    if (other?.uid === ours.uid) return 'history';
    return other === null || mine.has(other.uid) ? 'removed' : 'changed';
  }
  if (other === null || mine.has(other.uid)) return 'history';
  return plain(ours.text) === plain(other.text) ? 'agreed' : 'conflict';
}

/** A person's label beside a guess by rule or by model: the person's is proposed. */
export function suggestedChoice(mine: LabelState, theirs: LabelState): MergeChoice | null {
  if ((mine.kind === 'manual') === (theirs.kind === 'manual')) return null;
  return mine.kind === 'manual' ? 'mine' : 'theirs';
}

/**
 * The history after merging with a choice. `both` is the union; `mine` also takes back what they have current and we did not know,
 * `theirs` what we have and they did not know. `at` is the time of the decision.
 */
export function resolveHistories(mine: History, theirs: History, choice: MergeChoice, at: string): Map<string, LabelState> {
  const joined = joinHistories(mine, theirs);
  if (choice === 'both') return joined;
  const [from, other] = choice === 'mine' ? [theirs, mine] : [mine, theirs];
  for (const uid of from.keys()) {
    const label = joined.get(uid)!;
    if (!other.has(uid) && label.undoneAt === null) joined.set(uid, { ...label, undoneAt: at });
  }
  return joined;
}
