/** What merging one catalog into another would do, feature by feature and table by table. Pure: rows in, a plan out. */
import type { MergeChoice, MergeStatus } from '../../../shared/schema/share.ts';
import { peopleTableNames } from '../tables/people.ts';
import type { PeopleRows, PeopleTable, Values } from '../tables/people.ts';
import { currentOf, mergeStatus, resolveHistories, suggestedChoice } from './labels.ts';
import type { History, LabelState } from './labels.ts';
import { mergeRows } from './rows.ts';
import type { TableMerge } from './rows.ts';

/** Every row that people made, table by table. */
export type People = Readonly<Record<PeopleTable, PeopleRows>>;

export interface FeatureMerge {
  readonly source: number;
  readonly feature: number;
  readonly status: MergeStatus;
  /** The labels shown now: ours and theirs. */
  readonly mine: LabelState | null;
  readonly theirs: LabelState | null;
  /** What is proposed for a conflict, where one side is a person and the other a guess. */
  readonly suggested: MergeChoice | null;
}

export interface MergePlan {
  /** Features whose labels differ, by source and index; those that are identical are only counted. */
  readonly features: readonly FeatureMerge[];
  readonly counts: Readonly<Record<MergeStatus, number>>;
  readonly tables: readonly TableMerge[];
  readonly problems: readonly string[];
}

export const featureKey = (source: number, feature: number): string => `${source}/${feature}`;

export function toLabelState(row: Values): LabelState {
  return {
    uid: row['uid'] as string, text: row['text'] as string, author: row['author'] as string, kind: row['kind'] as string, confidence: row['confidence'] as number | null,
    notes: row['notes'] as string, family: row['family'] as string, createdAt: row['created_at'] as string, undoneAt: row['undone_at'] as string | null,
  };
}

/** Labels by feature, `source/feature`. */
export function historiesOf(labels: PeopleRows): Map<string, Map<string, LabelState>> {
  const found = new Map<string, Map<string, LabelState>>();
  for (const row of labels.values()) {
    const key = featureKey(row['source'] as number, row['feature'] as number);
    let history = found.get(key);
    if (history === undefined) found.set(key, history = new Map());
    history.set(row['uid'] as string, toLabelState(row));
  }
  return found;
}

const none: History = new Map();

function noCounts(): Record<MergeStatus, number> {
  return { identical: 0, ahead: 0, history: 0, new: 0, changed: 0, removed: 0, agreed: 0, conflict: 0 };
}

/** Both sides number their sources as ours does. */
export function planMerge(mine: People, theirs: People): MergePlan {
  const [ours, others] = [historiesOf(mine.labels), historiesOf(theirs.labels)];
  const counts = noCounts();
  const features: FeatureMerge[] = [];
  for (const [key, history] of others) {
    const own = ours.get(key) ?? none;
    const status = mergeStatus(own, history);
    counts[status]++;
    if (status === 'identical' || status === 'ahead') continue;
    const [source, feature] = key.split('/').map(Number) as [number, number];
    const [a, b] = [currentOf(own.values()), currentOf(history.values())];
    features.push({ source, feature, status, mine: a, theirs: b, suggested: status === 'conflict' ? suggestedChoice(a!, b!) : null });
  }
  for (const key of ours.keys()) if (!others.has(key)) counts.ahead++;
  const tables = peopleTableNames.map((table) => mergeRows(table, mine[table], theirs[table]));
  return { features: features.sort((a, b) => a.source - b.source || a.feature - b.feature), counts, tables, problems: tables.flatMap(({ problems }) => problems) };
}

export interface Decisions {
  /** For conflicts without a choice of their own; null: they are left to be asked about. */
  readonly conflicts: MergeChoice | null;
  /** By `source/feature`; any feature of the plan may have one. */
  readonly choices: Readonly<Record<string, MergeChoice>>;
}

/** The choice for one feature, or null where somebody has to make it. What is no conflict is joined. */
export function choiceFor(feature: FeatureMerge, { conflicts, choices }: Decisions): MergeChoice | null {
  const own = choices[featureKey(feature.source, feature.feature)];
  if (own !== undefined) return own;
  return feature.status === 'conflict' ? conflicts : 'both';
}

/** Conflicts that nobody has decided. */
export function undecided(plan: MergePlan, decisions: Decisions): FeatureMerge[] {
  return plan.features.filter((feature) => choiceFor(feature, decisions) === null);
}

export interface LabelChanges {
  /** Rows of `labels` to add, as they shall stand. */
  readonly add: readonly Values[];
  /** Labels of ours that are taken back: uid and time. */
  readonly undo: readonly { readonly uid: string; readonly at: string }[];
  /** Features whose current label may be another one now. */
  readonly touched: readonly (readonly [source: number, feature: number])[];
}

/** What the decided plan does to the table of labels. `at` is the time of the decisions. */
export function labelChanges(plan: MergePlan, mine: People, theirs: People, decisions: Decisions, at: string): LabelChanges {
  const [ours, others] = [historiesOf(mine.labels), historiesOf(theirs.labels)];
  const rowOf = new Map([...theirs.labels.values()].map((row) => [row['uid'] as string, row]));
  const [add, undo, touched]: [Values[], { uid: string; at: string }[], [number, number][]] = [[], [], []];
  for (const feature of plan.features) {
    const key = featureKey(feature.source, feature.feature);
    const own = ours.get(key) ?? none;
    for (const [uid, label] of resolveHistories(own, others.get(key)!, choiceFor(feature, decisions) ?? 'both', at)) {
      const before = own.get(uid);
      if (before === undefined) add.push({ ...rowOf.get(uid)!, undone_at: label.undoneAt });
      else if (before.undoneAt !== label.undoneAt) undo.push({ uid, at: label.undoneAt! });
    }
    touched.push([feature.source, feature.feature]);
  }
  return { add, undo, touched };
}
