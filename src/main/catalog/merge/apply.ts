/**
 * Merging a catalog into ours, in one transaction: the sources that are asked for, then the rows that people made. Every row that is
 * added or changed is written down, so that the merge can be taken back as one step.
 */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { LoupeError } from '../../../shared/errors.ts';
import type { MergeInput, MergePreview, MergeResult } from '../../../shared/schema/share.ts';
import { copyPlaces, copySource, copying } from '../copy.ts';
import { withForeign } from '../foreign.ts';
import type { ReadHandle, WriteHandle } from '../handle.ts';
import { makeAllCurrent } from '../labelling.ts';
import type { CurrentChange } from '../labelling.ts';
import { info } from '../tables/info.ts';
import { expectedCopies, labelCopies, setCurrentLabel } from '../tables/features.ts';
import { currentLabel } from '../tables/labels.ts';
import { leadingScore } from '../tables/scores.ts';
import { addMerge, addMergedRow } from '../tables/merges.ts';
import { addPeopleRow, changePeopleRow, peopleKey } from '../tables/people.ts';
import type { Values } from '../tables/people.ts';
import { foreignPeople, matchSources, ownPeople } from './people.ts';
import type { SourceMatch } from './people.ts';
import { labelChanges, planMerge, undecided } from './plan.ts';
import type { MergePlan, People } from './plan.ts';
import { describeMerge } from './preview.ts';

export interface MergePaths {
  /** Their file. */
  readonly from: string;
  /** This process has it open. */
  readonly openHere: boolean;
}

interface Planned {
  readonly matches: readonly SourceMatch[];
  readonly mine: People;
  readonly theirs: People;
  readonly plan: MergePlan;
}

function planned(db: ReadHandle, from: ReadHandle, now: number): Planned {
  const matches = matchSources(db, from);
  const [mine, theirs] = [ownPeople(db), foreignPeople(from, matches, now)];
  return { matches, mine, theirs, plan: planMerge(mine, theirs) };
}

/** What merging would do. Nothing is changed. Kinds: those of opening a foreign catalog. */
export function previewMerge(db: ReadHandle, { from, openHere }: MergePaths): MergePreview {
  return withForeign(from, openHere, (theirs) => theirs.snapshot(() => db.snapshot(() => {
    const { matches, plan } = planned(db, theirs, Date.now());
    return describeMerge(db, theirs, matches, plan);
  })));
}

/**
 * Merges. Kinds: bad-file (their file, or rows that no merge explains), conflict (labels that nobody has decided about: `detail` lists them),
 * mismatch (a shared store with other tokens), and those of writing. On an error nothing has changed.
 */
export function applyMerge(db: WriteHandle, input: MergeInput & MergePaths): MergeResult {
  return withForeign(input.from, input.openHere, (from) => from.snapshot(() => db.transaction(() => mergeOpen(db, from, input))));
}

/** Merges the open catalog `from` into `db`; the caller's transaction makes it all or nothing. */
export function mergeOpen(db: WriteHandle, from: ReadHandle, input: MergeInput & MergePaths): MergeResult {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const added = addSources(db, from, input.sources);
  const { mine, theirs, plan } = planned(db, from, now);
  requireDecided(plan, input);
  const facts = info(from);
  const changes = labelChanges(plan, mine, theirs, input, at);
  const summary = { sources: added.length, labels: changes.add.length, undone: changes.undo.length, ...tableCounts(plan) };
  const nothing = Object.values(summary).every((n) => n === 0);
  if (nothing) return { merge: null, ...summary };
  const id = addMerge(db, {
    uid: randomUUID(), catalog: (facts.get('uid') ?? '').slice(0, 200), name: basename(input.from).slice(0, 1000), author: input.author, createdAt: at, summary: JSON.stringify(summary),
  });
  for (const source of added) addMergedRow(db, id, { what: 'source', key: String(source), before: null });
  write(db, id, mine, plan, changes);
  return { merge: id, ...summary };
}

function requireDecided(plan: MergePlan, input: MergeInput & MergePaths): void {
  if (plan.problems.length > 0) {
    throw new LoupeError('bad-file', `${input.from} is not merged: ${plan.problems[0]}. Ask its sender for an unharmed file.`, plan.problems.slice(0, 100).join('\n'));
  }
  const open = undecided(plan, input);
  if (open.length === 0) return;
  const lines = open.slice(0, 100).map(({ source, feature, mine, theirs }) => `${source}/${feature}: ${JSON.stringify(mine!.text)} or ${JSON.stringify(theirs!.text)}`);
  throw new LoupeError('conflict', `${open.length} labels differ and nobody has said which to keep: choose mine, theirs or both.`, lines.join('\n'));
}

/** Copies whole sources of theirs, each row checked; their ids here. */
function addSources(db: WriteHandle, from: ReadHandle, wanted: readonly number[]): number[] {
  const chosen = matchSources(db, from).filter(({ theirs, mine }) => mine === null && wanted.includes(theirs.id)).map(({ theirs }) => theirs);
  if (chosen.length === 0) return [];
  const copy = copying(from, db);
  copyPlaces(copy, chosen.map(({ model }) => model), chosen.map(({ store }) => store));
  for (const source of chosen) copySource(copy, source);
  return chosen.map(({ id }) => copy.sources.get(id));
}

function tableCounts(plan: MergePlan): { scores: number; reviews: number; comments: number; lists: number; views: number } {
  const of = (...names: readonly string[]): number => plan.tables.filter(({ table }) => names.includes(table)).reduce((n, { add, change }) => n + add.length + change.length, 0);
  return { scores: of('scores'), reviews: of('reviews'), comments: of('comments'), lists: of('lists', 'list_items'), views: of('views') };
}

/** Runs `change` on the labels and scores of features and brings what is shown, sorted by and found of each up to date. */
export function refreshing(db: WriteHandle, features: readonly (readonly [source: number, feature: number])[], change: () => void): void {
  const before = features.map(([source, feature]) => currentLabel(db, source, feature));
  change();
  const others: CurrentChange[] = [];
  for (const [i, [source, feature]] of features.entries()) {
    const row = currentLabel(db, source, feature);
    if (before[i]?.id !== row?.id) {
      others.push({ source, feature, before: before[i]!, row });
      continue;
    }
    const score = row === null ? null : leadingScore(db, row.id);
    if (labelCopies(db, source, feature) !== expectedCopies(row, score)) setCurrentLabel(db, source, feature, row, score);
  }
  makeAllCurrent(db, others);
}

function write(db: WriteHandle, merge: number, mine: People, plan: MergePlan, { add, undo, touched }: ReturnType<typeof labelChanges>): void {
  const places = new Map(touched.map((place) => [place.join('/'), place]));
  for (const row of scoredLabels(plan, mine)) places.set(`${row['source']}/${row['feature']}`, [row['source'] as number, row['feature'] as number]);
  refreshing(db, [...places.values()], () => {
    for (const row of add) addRow(db, merge, 'labels', row);
    for (const { uid, at } of undo) {
      const before = mine.labels.get(JSON.stringify([uid]))!;
      changeRow(db, merge, 'labels', before, { ...before, undone_at: at });
    }
    for (const { table, ...rows } of plan.tables) {
      if (table === 'labels') continue;
      for (const row of rows.add) addRow(db, merge, table, row);
      for (const { before, after } of rows.change) changeRow(db, merge, table, before, after);
    }
  });
}

/** Labels of ours for which scores come in. */
function scoredLabels(plan: MergePlan, mine: People): Values[] {
  const scores = plan.tables.find(({ table }) => table === 'scores')!.add;
  return scores.map(({ label }) => mine.labels.get(JSON.stringify([label!]))).filter((row) => row !== undefined);
}

type Table = Parameters<typeof addPeopleRow>[1];

function addRow(db: WriteHandle, merge: number, table: Table, row: Values): void {
  addPeopleRow(db, table, row);
  addMergedRow(db, merge, { what: `add ${table}`, key: peopleKey(table, row), before: null });
}

function changeRow(db: WriteHandle, merge: number, table: Table, before: Values, after: Values): void {
  changePeopleRow(db, table, after, before);
  addMergedRow(db, merge, { what: `change ${table}`, key: peopleKey(table, after), before: JSON.stringify(before) });
}
