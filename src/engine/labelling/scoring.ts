/** Scores of an explanation: detection and fuzzing over windows that did not help to find it (labelling F.4). */
import type { Random } from '../random.ts';
import type { Explanation, LabellerRun, MarkedWindow } from './definition.ts';
import { auroc, balancedAccuracy, balancedInterval, rates } from './figures.ts';
import type { Confusion } from './figures.ts';
import { activeMask, bitCount } from './windows.ts';
import type { Window } from './windows.ts';

/** Where windows without the feature came from. Scores over different sources cannot be compared. */
export const negativeSources = ['random', 'neighbours'] as const;
export type NegativeSource = (typeof negativeSources)[number];
export const scorers = ['detection', 'fuzzing'] as const;
export type Scorer = (typeof scorers)[number];

export interface LabelScore {
  readonly scorer: Scorer;
  readonly negatives: NegativeSource;
  /** Balanced accuracy with its 95 % interval. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly details: ScoreDetails;
}

export interface ScoreDetails extends Confusion {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Only where the judge is more or less sure, and not just says yes or no. */
  readonly auroc: number | null;
  /** Recall by fifth of (0, max], the highest first; null where no window lies in it. */
  readonly recallByInterval: readonly (number | null)[];
}

/** Answers are sureness, 0 to 1; from 0.5 on a yes. */
export function confusion(positive: readonly number[], negative: readonly number[]): Confusion {
  const yes = (answers: readonly number[]): number => answers.filter((sure) => sure >= 0.5).length;
  const [truePositives, falsePositives] = [yes(positive), yes(negative)];
  return { truePositives, falseNegatives: positive.length - truePositives, trueNegatives: negative.length - falsePositives, falsePositives };
}

function recallByInterval(windows: readonly Window[], answers: readonly number[]): (number | null)[] {
  return [5, 4, 3, 2, 1].map((interval) => {
    const here = answers.filter((_, i) => windows[i]!.interval === interval);
    return here.length === 0 ? null : here.filter((sure) => sure >= 0.5).length / here.length;
  });
}

function scoreOf(scorer: Scorer, negatives: NegativeSource, windows: readonly Window[], positive: readonly number[], negative: readonly number[]): LabelScore {
  const counts = confusion(positive, negative);
  const graded = [...positive, ...negative].some((sure) => sure !== 0 && sure !== 1);
  return {
    scorer, negatives, value: balancedAccuracy(counts), ...balancedInterval(counts), n: positive.length + negative.length,
    details: { ...counts, ...rates(counts), auroc: graded ? auroc(positive, negative) : null, recallByInterval: recallByInterval(windows, positive) },
  };
}

/** Detection: which windows have the feature? Null without windows of both kinds. */
export async function detection(run: LabellerRun, explanation: Explanation, positive: readonly Window[], negative: readonly Window[], source: NegativeSource): Promise<LabelScore | null> {
  if (positive.length === 0 || negative.length === 0) return null;
  return scoreOf('detection', source, positive, await run.judge(explanation, positive), await run.judge(explanation, negative));
}

/** `n` places of a window, drawn at random. */
function randomMarks(length: number, n: number, random: Random): number {
  const places = random.shuffle(Array.from({ length }, (_, i) => i)).slice(0, n);
  return places.reduce((bits, place) => bits | (1 << place), 0) >>> 0;
}

/**
 * Windows with their active tokens marked, and windows without the feature with as many tokens marked at random as windows with it have on
 * average (rounded up).
 */
export function fuzzed(positive: readonly Window[], negative: readonly Window[], random: Random): { right: MarkedWindow[]; wrong: MarkedWindow[] } {
  const right = positive.map((window) => ({ window, marks: activeMask(window) }));
  const n = Math.ceil(right.reduce((sum, { marks }) => sum + bitCount(marks), 0) / Math.max(1, right.length));
  return { right, wrong: negative.map((window) => ({ window, marks: randomMarks(window.tokens.length, n, random) })) };
}

/** Fuzzing: do the marks stand where the explanation says? Null without windows of both kinds. */
export async function fuzzing(run: LabellerRun, explanation: Explanation, positive: readonly Window[], negative: readonly Window[], source: NegativeSource, random: Random): Promise<LabelScore | null> {
  if (positive.length === 0 || negative.length === 0) return null;
  const { right, wrong } = fuzzed(positive, negative, random);
  return scoreOf('fuzzing', source, positive, await run.judgeMarks(explanation, right), await run.judgeMarks(explanation, wrong));
}
