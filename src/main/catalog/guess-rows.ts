/** Rows of first guesses: which features a run of a labeller is about, its labels with their scores, and what the scores are as a whole. */
import { randomUUID } from 'node:crypto';
import { labellerById } from '../../engine/labelling/registry.ts';
import { LoupeError } from '../../shared/errors.ts';
import { selectFeatures } from './columns/select.ts';
import { columnsOf } from './columns/source-columns.ts';
import type { Guess, GuessedBatch } from './guessing.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import type { LabelConfig } from './label-config.ts';
import { makeCurrent, timeAfter } from './labelling.ts';
import { requireSource } from './reading.ts';
import { feature } from './tables/features.ts';
import { addLabel, currentLabel, label } from './tables/labels.ts';
import { machineScores } from './tables/queue.ts';
import { addScore, labelScores } from './tables/scores.ts';

/** The features of a run, int32 in order: those that fire, are asked for, and have no label or one by a rule. */
export function labelTargets(db: ReadHandle, input: { readonly source: number } & Pick<LabelConfig, 'features' | 'filter'>): Int32Array {
  return db.snapshot(() => {
    const source = requireSource(db, input.source);
    const [first, last] = rangeOf(input.features, source.features);
    const query = { source: source.id, sort: 'index', descending: false, filter: { ...input.filter, dead: false }, search: null } as const;
    return selectFeatures(db, columnsOf(db, source), query).filter((index) => {
      const kind = index >= first && index <= last ? feature(db, source.id, index)?.labelKind : undefined;
      return kind === null || kind === 'rule';
    });
  });
}

/** "0-99" as first and last; null is all. Kind bad-config when it ends before it begins or beyond the source. */
export function rangeOf(features: string | null, count: number): readonly [number, number] {
  if (features === null) return [0, count - 1];
  const [first, last = first] = features.split('-').map(Number) as [number, number?];
  if (first > last!) throw new LoupeError('bad-config', `features: "${features}" ends before it begins. Write the smaller number first.`);
  if (last! >= count) throw new LoupeError('bad-config', `features: "${features}" goes beyond the last feature, ${count - 1}.`);
  return [first, last!];
}

/** Adds one guess unless a person or a model has labelled meanwhile, or the same guess is current already (a run that was killed after its transaction). */
function addGuess(db: WriteHandle, source: number, guess: Guess, { judge, promptHash }: GuessedBatch, author: string): boolean {
  const before = currentLabel(db, source, guess.index);
  if (before !== null && before.kind !== 'rule') return false;
  if (before?.text === guess.text && labelScores(db, before.id).some((score) => score.promptHash === promptHash)) return false;
  const createdAt = timeAfter(before?.createdAt ?? null);
  const id = addLabel(db, {
    uid: randomUUID(), source, feature: guess.index, text: guess.text, author, kind: 'rule', confidence: null, notes: '', family: guess.family, resolution: false, createdAt, undoneAt: null,
  });
  for (const { scorer, negatives, value, low, high, n, details, mayFire } of guess.scores) {
    addScore(db, { uid: randomUUID(), label: id, scorer, negatives, value, low, high, n, judge, promptHash, createdAt, details: JSON.stringify({ ...details, mayFire }) });
  }
  makeCurrent(db, source, guess.index, before, label(db, id)!);
  return true;
}

/** Adds a batch of guesses in one transaction; returns how many were new. */
export function addGuesses(db: WriteHandle, input: { readonly source: number; readonly labeller: string; readonly batch: GuessedBatch }): number {
  const author = labellerById(input.labeller).title.toLowerCase();
  return db.transaction(() => input.batch.guesses.filter((guess) => addGuess(db, input.source, guess, input.batch, author)).length);
}

/** Median and quartiles of the scores of labels that no person made, over all features of a source. */
export function scoreSummary(db: ReadHandle, input: { readonly source: number }): { n: number; median: number | null; quartiles: readonly [number, number] | null } {
  const values = machineScores(db, input.source);
  const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))]!;
  return values.length === 0 ? { n: 0, median: null, quartiles: null } : { n: values.length, median: at(0.5), quartiles: [at(0.25), at(0.75)] };
}
