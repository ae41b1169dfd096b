/** What people think of the features: the queue of the labelling page, its progress, where they disagree and how far they agree. */
import { agreementOf } from '../../engine/labelling/agreement.ts';
import type { Rating } from '../../engine/labelling/agreement.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../shared/contract.ts';
import { LoupeError } from '../../shared/errors.ts';
import type { Disagreement } from '../../shared/schema/labels.ts';
import { vector } from '../../shared/schema/tensor.ts';
import type { ReadHandle } from './handle.ts';
import { requireFeature, requireSource, toLabel } from './reading.ts';
import { authorCounts, families, labelTimes, standingLabels } from './tables/labels.ts';
import type { LabelRow } from './tables/labels.ts';
import { allFeatures, listedFeatures, machineLabelled, notLabelledBy, reviewedFeatures, unlabelledFeatures } from './tables/queue.ts';
import { featureReviews, reviewCounts } from './tables/reviews.ts';
import { featureScores } from './tables/scores.ts';

type Input<N extends Extract<CommandName, `labels.${string}`>> = Omit<CommandInput<N>, 'catalog'>;

/** Labels that follow in less than this are one sitting. */
const pauseSeconds = 300;

/** The standing labels by people of each feature that has one, by feature; within a feature by age. */
function* byFeature(db: ReadHandle, source: number): Generator<LabelRow[]> {
  let group: LabelRow[] = [];
  for (const row of standingLabels(db, source)) {
    if (group.length > 0 && group[0]!.feature !== row.feature) {
      yield group;
      group = [];
    }
    group.push(row);
  }
  if (group.length > 0) yield group;
}

/** `rows` by age; so is the result. */
function latestPerAuthor(rows: readonly LabelRow[]): LabelRow[] {
  return rows.filter((row, i) => !rows.slice(i + 1).some((later) => later.author === row.author));
}

const plain = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');

/**
 * In what people differ about a feature, or null. A label that settled a disagreement was written with the others in view: what is older
 * than it no longer counts.
 */
export function difference(rows: readonly LabelRow[]): { labels: LabelRow[]; differs: Disagreement['differs'] } | null {
  const settled = rows.findLastIndex((row) => row.resolution);
  const labels = latestPerAuthor(settled < 0 ? rows : rows.slice(settled));
  const more = (values: readonly unknown[]): boolean => new Set(values).size > 1;
  const differs: Disagreement['differs'] = [];
  if (more(labels.map((row) => plain(row.text)))) differs.push('text');
  if (more(labels.map((row) => plain(row.family)))) differs.push('family');
  if (more(labels.map((row) => row.confidence))) differs.push('confidence');
  return differs.length === 0 ? null : { labels, differs };
}

function disagreeing(db: ReadHandle, source: number): Disagreement[] {
  const found: Disagreement[] = [];
  for (const rows of byFeature(db, source)) {
    const apart = difference(rows);
    if (apart !== null) found.push({ index: rows[0]!.feature, labels: apart.labels.map((row) => toLabel(row, rows.at(-1)!.id)), differs: apart.differs });
  }
  return found;
}

export function labelDisagreements(db: ReadHandle, input: Input<'labels.disagreements'>): CommandOutput<'labels.disagreements'> {
  return db.snapshot(() => {
    requireSource(db, input.source);
    const all = disagreeing(db, input.source);
    return { total: all.length, rows: all.slice(input.offset, input.offset + input.limit) };
  });
}

function queued(db: ReadHandle, { source, author, filter }: Input<'labels.queue'>): number[] {
  const dead = filter.dead ?? false;
  switch (filter.kind) {
    case 'unlabelled': return unlabelledFeatures(db, source, author, dead);
    case 'not-mine': return notLabelledBy(db, source, author, dead);
    case 'unsure':
    case 'skipped': return reviewedFeatures(db, source, author, filter.kind);
    case 'disagreement': return disagreeing(db, source).map(({ index }) => index);
    case 'machine': return machineLabelled(db, source, filter.scoreAtMost ?? 1);
    case 'all': return allFeatures(db, source, dead);
    case 'list':
      if (filter.list === undefined) throw new LoupeError('bad-request', 'filter.list is missing: name the list whose features are to be labelled.');
      return listedFeatures(db, source, filter.list);
  }
}

/** The features to go through, int32 [n], in the order of the queue. */
export function labelQueue(db: ReadHandle, input: Input<'labels.queue'>): CommandOutput<'labels.queue'> {
  return db.snapshot(() => {
    requireSource(db, input.source);
    return { features: vector(Int32Array.from(queued(db, input))) };
  });
}

/** Median seconds between labels that follow each other in one sitting; null where there are none. */
export function secondsEach(times: readonly string[]): number | null {
  const moments = times.map((time) => Date.parse(time) / 1000).filter(Number.isFinite);
  const gaps = moments.slice(1).map((moment, i) => moment - moments[i]!).filter((gap) => gap >= 0 && gap <= pauseSeconds).sort((a, b) => a - b);
  if (gaps.length === 0) return null;
  const middle = gaps.length >> 1;
  return gaps.length % 2 === 1 ? gaps[middle]! : (gaps[middle - 1]! + gaps[middle]!) / 2;
}

export function labelProgress(db: ReadHandle, input: Input<'labels.progress'>): CommandOutput<'labels.progress'> {
  return db.snapshot(() => {
    const row = requireSource(db, input.source);
    const authors = authorCounts(db, row.id);
    const current = (people: boolean): number => authors.filter(({ kind }) => (kind === 'manual') === people).reduce((sum, { features }) => sum + features, 0);
    return {
      features: row.features, dead: row.dead, byPeople: current(true), byMachines: current(false), ...reviewCounts(db, row.id, input.author),
      disagreements: disagreeing(db, row.id).length,
      authors: authors.map((entry) => ({ ...entry, secondsEach: entry.kind === 'manual' ? secondsEach(labelTimes(db, row.id, entry.author)) : null })),
    };
  });
}

/** How far each two people agree. Labels that settled a disagreement were not made alone, and do not count. */
export function labelAgreement(db: ReadHandle, input: Input<'labels.agreement'>): CommandOutput<'labels.agreement'> {
  return db.snapshot(() => {
    requireSource(db, input.source);
    const ratings: Rating[] = [];
    for (const rows of byFeature(db, input.source)) {
      for (const { author, feature, text, family } of latestPerAuthor(rows.filter((row) => !row.resolution))) ratings.push({ author, feature, text, family });
    }
    return { pairs: agreementOf(ratings) };
  });
}

/** What beside its labels is known about the labelling of a feature: scores of its labels, and who set it aside. */
export function featureOpinions(db: ReadHandle, input: Input<'labels.of'>): CommandOutput<'labels.of'> {
  return db.snapshot(() => {
    requireFeature(db, requireSource(db, input.source), input.index);
    return {
      scores: featureScores(db, input.source, input.index).map(({ uid: _uid, ...score }) => score),
      reviews: featureReviews(db, input.source, input.index).map(({ author, state }) => ({ author, state })),
    };
  });
}

export function labelFamilies(db: ReadHandle, input: Input<'labels.families'>): CommandOutput<'labels.families'> {
  requireSource(db, input.source);
  return { families: families(db, input.source) };
}
