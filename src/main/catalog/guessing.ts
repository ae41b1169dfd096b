/**
 * First guesses: labels that a labeller of the registry finds for features, with their scores, out of what the catalog itself stores.
 *
 * Windows without a feature are stored contexts in which no example of it lies. Catalogs keep examples, not every firing, so that some of them
 * may have the feature after all: the share to be expected is in the details of a score, which it can only lower.
 */
import { createHash } from 'node:crypto';
import { Background } from '../../engine/labelling/background.ts';
import type { Explanation, LabellerRun } from '../../engine/labelling/definition.ts';
import { explainedWindow } from '../../engine/labelling/marking.ts';
import { labellerById } from '../../engine/labelling/registry.ts';
import { splitExamples } from '../../engine/labelling/sampling.ts';
import { detection, fuzzing } from '../../engine/labelling/scoring.ts';
import type { LabelScore } from '../../engine/labelling/scoring.ts';
import { windowTokens, withoutDuplicates } from '../../engine/labelling/windows.ts';
import type { Window } from '../../engine/labelling/windows.ts';
import { Random } from '../../engine/random.ts';
import type { ReadHandle } from './handle.ts';
import { LabelWindows } from './label-windows.ts';
import { requireFeature, requireSource } from './reading.ts';
import { featureDetails } from './tables/features.ts';
import type { FeatureRecord } from './tables/features.ts';
import type { SourceRow } from './tables/sources.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Windows without the feature, of each source of them, that a label is tested on. */
const testNegatives = 50;

export interface GuessOptions {
  readonly source: number;
  /** Id in the registry of labellers. */
  readonly labeller: string;
  readonly seed: number;
  /** Fuzzing beside detection. */
  readonly fuzzing: boolean;
  /** Also what labels of other features score, and the windows that labels were found in. */
  readonly floor?: boolean;
  readonly show?: boolean;
}

export interface Guess {
  readonly index: number;
  readonly text: string;
  readonly family: string;
  readonly scores: readonly (LabelScore & { readonly mayFire: number })[];
  /** With `show`: the marked windows that explained, each with the strengths of its tokens. */
  readonly windows?: readonly string[];
}

export interface GuessedBatch {
  readonly guesses: readonly Guess[];
  /** Features without enough windows to explain and to test, and those for which nothing was found. */
  readonly tooRare: number;
  readonly unexplained: number;
  readonly judge: string;
  readonly promptHash: string;
  /** With `floor`: detection of each feature's windows by the label of another feature of the batch. */
  readonly floor: readonly number[];
}

/** The hash of everything but the data that decides a label and its scores. */
export function guessHash({ labeller, seed }: Pick<GuessOptions, 'labeller' | 'seed'>): string {
  const { id, version } = labellerById(labeller);
  return createHash('sha256').update(JSON.stringify({ id, version, seed, windowTokens, testNegatives })).digest('hex').slice(0, 32);
}

interface Pass {
  readonly windows: LabelWindows;
  readonly run: LabellerRun;
  readonly background: Background;
  readonly test: readonly Window[];
}

/** One pass for each handle: the thread that labels asks for batch after batch. */
const passes = new WeakMap<ReadHandle, { readonly key: string; readonly pass: Pass }>();

function passOf(db: ReadHandle, source: SourceRow, options: GuessOptions): Pass {
  const key = JSON.stringify([source.id, options]);
  const known = passes.get(db);
  if (known?.key === key) return known.pass;
  const windows = new LabelWindows(db, source);
  const [explain, test] = windows.backgrounds(options.seed);
  const background = new Background(explain, windows.lexicon);
  const pass = { windows, run: labellerById(options.labeller).begin(background, windows.lexicon), background, test };
  passes.set(db, { key, pass });
  return pass;
}

/** Up to 50 windows at random among those of contexts in which no example of the feature lies. */
function randomNegatives(test: readonly Window[], contexts: ReadonlySet<number>, random: Random): Window[] {
  return random.shuffle(test.filter(({ context }) => !contexts.has(context))).slice(0, testNegatives);
}

/** Strongest windows of the features nearest by decoder cosine, in which this one has no example: hard negatives. */
function neighbourNegatives(pass: Pass, neighbours: readonly number[], contexts: ReadonlySet<number>, explain: readonly Window[]): Window[] {
  const found = new Map<number, Window>();
  for (const index of neighbours) for (const window of pass.windows.strongestOf(index)) if (!contexts.has(window.context)) found.set(window.context, window);
  return withoutDuplicates([...found.values()].slice(0, testNegatives), explain);
}

interface Tested {
  readonly guess: Guess;
  readonly explanation: Explanation;
  readonly positive: readonly Window[];
  readonly negative: readonly Window[];
}

type Outcome = Tested | 'too rare' | 'unexplained';

function shown(windows: readonly Window[], maximum: number, text: (token: number) => string): string[] {
  return windows.map((window) => {
    const { text: marked, strengths } = explainedWindow(window, maximum, text);
    return `${marked}\n    ${strengths.map(([token, strength]) => `${JSON.stringify(token)} ${strength}`).join(', ')}`;
  });
}

async function guessFeature(db: ReadHandle, source: SourceRow, record: FeatureRecord, options: GuessOptions, pass: Pass): Promise<Outcome> {
  const random = Random.from(options.seed, `label ${source.id}/${record.index}`);
  const own = pass.windows.ofFeature(record.index, record.max);
  const split = splitExamples(own, random);
  if (split === null) return 'too rare';
  const contexts = new Set(own.map(({ context }) => context));
  const explanation = await pass.run.explain(split.explain, pass.background.without(contexts));
  if (explanation === null) return 'unexplained';
  const neighbours = [...featureDetails(db, source.id, record.index).neighbours.ids];
  const negative = randomNegatives(pass.test, contexts, random);
  const scores = [
    await detection(pass.run, explanation, split.test, negative, 'random'),
    await detection(pass.run, explanation, split.test, neighbourNegatives(pass, neighbours, contexts, split.explain), 'neighbours'),
    options.fuzzing ? await fuzzing(pass.run, explanation, split.test, negative, 'random', random) : null,
  ].filter((score) => score !== null);
  const mayFire = 1 - (1 - record.density) ** windowTokens;
  const guess = { index: record.index, text: explanation.text, family: explanation.family, scores: scores.map((score) => ({ ...score, mayFire })) };
  const windows = options.show === true ? { windows: shown(split.explain, record.max, (token) => vocabularyOf(db, source.model).text(token)) } : {};
  return { guess: { ...guess, ...windows }, explanation, positive: split.test, negative };
}

/** What every label scores on the windows of the next feature: what labels that say nothing about a feature get. */
async function floorOf(run: LabellerRun, tested: readonly Tested[]): Promise<number[]> {
  const values: number[] = [];
  if (tested.length < 2) return values;
  for (const [i, { positive, negative }] of tested.entries()) {
    const score = await detection(run, tested[(i + 1) % tested.length]!.explanation, positive, negative, 'random');
    if (score !== null) values.push(score.value);
  }
  return values;
}

/** Labels for the features `indices` (int32), those of them that fire. Kinds bad-config (no such labeller), not-found. */
export async function guessLabels(db: ReadHandle, input: GuessOptions & { readonly indices: Int32Array }): Promise<GuessedBatch> {
  const { indices, ...options } = input;
  const source = requireSource(db, options.source);
  const pass = passOf(db, source, options);
  const { id, version } = labellerById(options.labeller);
  const outcomes: Outcome[] = [];
  for (const index of indices) outcomes.push(await guessFeature(db, source, requireFeature(db, source, index), options, pass));
  const tested = outcomes.filter((outcome) => typeof outcome === 'object');
  const count = (what: Outcome): number => outcomes.filter((outcome) => outcome === what).length;
  return {
    guesses: tested.map(({ guess }) => guess), tooRare: count('too rare'), unexplained: count('unexplained'),
    judge: `${id}/${version}`, promptHash: guessHash(options), floor: options.floor === true ? await floorOf(pass.run, tested) : [],
  };
}
