/**
 * The selected part of a catalog, feature by feature, with what the redaction takes out already gone. Every format writes from this.
 *
 * Features are read in groups, each in a snapshot of its own, so that labels can be set while a long export runs; memory is bounded by
 * a group and by the contexts that are kept.
 */
import type { ExportConfig, Redaction } from '../../../shared/schema/export.ts';
import { LoupeError } from '../../../shared/errors.ts';
import { dequantiseInto } from '../../catalog/blobs.ts';
import type { ReadHandle } from '../../catalog/handle.ts';
import { requireFeature } from '../../catalog/reading.ts';
import { featureComments } from '../../catalog/tables/comments.ts';
import type { CommentRow } from '../../catalog/tables/comments.ts';
import { context } from '../../catalog/tables/contexts.ts';
import type { ContextRow } from '../../catalog/tables/contexts.ts';
import { examples } from '../../catalog/tables/examples.ts';
import type { ExampleRow } from '../../catalog/tables/examples.ts';
import { featureExtras } from '../../catalog/tables/feature-extras.ts';
import type { FeatureExtras } from '../../catalog/tables/feature-extras.ts';
import { featureDetails } from '../../catalog/tables/features.ts';
import type { FeatureDetails, FeatureRecord } from '../../catalog/tables/features.ts';
import { labelHistory } from '../../catalog/tables/labels.ts';
import type { LabelRow } from '../../catalog/tables/labels.ts';
import { featureReviews } from '../../catalog/tables/reviews.ts';
import type { ReviewRow } from '../../catalog/tables/reviews.ts';
import { featureScores } from '../../catalog/tables/scores.ts';
import type { ScoreRow } from '../../catalog/tables/scores.ts';
import { vocabularyOf } from '../../catalog/vocabulary.ts';
import { placeholderOf, placeholders, redactLabel, redactScore } from './redact.ts';
import { resolveSelection } from './select.ts';
import type { SelectedSource } from './select.ts';
import type { Watch } from './watch.ts';

export interface ExportedFeature {
  readonly record: FeatureRecord;
  readonly details: FeatureDetails;
  /** Null where the catalog has none, being of an older Loupe, and where the format asked for none. */
  readonly extras: FeatureExtras | null;
  /** By group and rank. */
  readonly examples: readonly ExampleRow[];
  /** The whole history, oldest first. */
  readonly labels: readonly LabelRow[];
  /** Of all labels, oldest first. */
  readonly scores: readonly ScoreRow[];
  readonly reviews: readonly ReviewRow[];
  /** Those that stand, oldest first. */
  readonly comments: readonly CommentRow[];
}

export interface ExampleCodes {
  /** int32, one a token: those from `from` to `to`. */
  readonly codes: Int32Array;
  readonly from: number;
  readonly to: number;
  readonly document: number;
  /** The context's number in its store. */
  readonly number: number;
}

export interface ExampleWindow {
  /** One text a token. */
  readonly texts: readonly string[];
  /** Which of them are special tokens. */
  readonly special: readonly boolean[];
  readonly document: number;
  /** The context's number in its store. */
  readonly number: number;
}

/** Features read in one snapshot. */
const group = 128;
/** Contexts kept in memory, bytes. */
const cacheBytes = 64 << 20;

/** The groups of firings below 0 begin here: their strongest, then the fifths of (0, -min]. */
const firstBelow = 6;

function chooseFromPole<T extends Pick<ExampleRow, 'group' | 'rank'>>(rows: readonly T[], n: number, first: number): T[] {
  const intervals = rows.filter((row) => row.group > first).toSorted((a, b) => a.rank - b.rank || a.group - b.group);
  const top = rows.filter((row) => row.group === first);
  const fromIntervals = Math.min(intervals.length, Math.max(Math.floor(n / 2), n - top.length));
  return [...top.slice(0, n - fromIntervals), ...intervals.slice(0, fromIntervals)];
}

/**
 * The first `n` examples, group by group in turn: the top group takes half of them, and whatever the intervals leave. Of a feature that fires
 * with both signs, each sign takes half in the same way, and whatever the other leaves.
 */
export function chooseExamples<T extends Pick<ExampleRow, 'group' | 'rank'>>(rows: readonly T[], n: number | null): T[] {
  if (n === null || rows.length <= n) return [...rows];
  const [above, below] = [rows.filter((row) => row.group < firstBelow), rows.filter((row) => row.group >= firstBelow)];
  const fromBelow = Math.min(below.length, Math.max(Math.floor(n / 2), n - above.length));
  return [...chooseFromPole(above, n - fromBelow, 0), ...chooseFromPole(below, fromBelow, firstBelow)].toSorted((a, b) => a.group - b.group || a.rank - b.rank);
}

/** The label that counts: the newest that was not undone. */
export function currentOf(labels: readonly LabelRow[]): LabelRow | null {
  return labels.findLast((label) => label.undoneAt === null) ?? null;
}

/** The document of a position, out of the runs (first position, document) of its context. */
function documentAt(runs: Int32Array, position: number): number {
  let found = -1;
  for (let i = 0; i + 1 < runs.length && runs[i]! <= position; i += 2) found = runs[i + 1]!;
  return found;
}

export class ExportReader {
  readonly db: ReadHandle;
  readonly sources: readonly SelectedSource[];
  readonly redaction: Redaction;
  /** Features in all. */
  readonly total: number;
  readonly #examples: number | null;
  readonly #watch: Watch;
  readonly #contexts = new Map<number, ContextRow>();
  readonly #texts = new Map<number, (code: number) => string>();
  #kept = 0;

  /** `examples`: at most so many a feature, null for all. Kind not-found when nothing is selected. */
  constructor(db: ReadHandle, config: ExportConfig, examples: number | null, watch: Watch) {
    this.db = db;
    this.redaction = config.redaction;
    this.#examples = config.redaction.text === 'examples' ? 0 : examples;
    this.#watch = watch;
    this.sources = db.snapshot(() => resolveSelection(db, config.selection));
    this.total = this.sources.reduce((sum, { indices }) => sum + indices.length, 0);
  }

  /** Works through `indices` of a source, a group at a time; `read` runs inside the group's snapshot. */
  *grouped<T>({ source, indices }: SelectedSource, phase: string, read: (index: number) => T): Generator<T> {
    const before = this.sources.slice(0, this.sources.findIndex((other) => other.source.id === source.id)).reduce((sum, other) => sum + other.indices.length, 0);
    for (let first = 0; first < indices.length; first += group) {
      this.#watch.step(phase, before + first, this.total);
      yield* this.db.snapshot(() => Array.from(indices.subarray(first, first + group), read));
    }
    this.#watch.step(phase, before + indices.length, this.total);
  }

  /** `extras`: false for a format that does not write them. */
  features(selected: SelectedSource, { extras = true }: { readonly extras?: boolean } = {}): Generator<ExportedFeature> {
    const { source } = selected;
    return this.grouped(selected, 'export', (index) => ({
      record: requireFeature(this.db, source, index), details: featureDetails(this.db, source.id, index), extras: extras ? featureExtras(this.db, source.id, index) : null,
      examples: this.#examples === 0 ? [] : chooseExamples(examples(this.db, source.id, index), this.#examples),
      labels: labelHistory(this.db, source.id, index).toReversed().map((label) => redactLabel(this.redaction, label)),
      scores: featureScores(this.db, source.id, index).toReversed().map((score) => redactScore(this.redaction, score)),
      reviews: this.redaction.people ? [] : featureReviews(this.db, source.id, index), comments: this.redaction.people ? [] : featureComments(this.db, source.id, index),
    }));
  }

  context(id: number): ContextRow {
    const known = this.#contexts.get(id);
    if (known !== undefined) return known;
    const row = context(this.db, id);
    if (row === null) throw new LoupeError('bad-file', `${this.db.path}: an example refers to context ${id}, which is not there. \`loupe catalog verify\` says more.`);
    this.#kept += row.tokens.byteLength + row.documents.byteLength + 200;
    if (this.#kept > cacheBytes) {
      this.#contexts.clear();
      this.#kept = 0;
    }
    this.#contexts.set(id, row);
    return row;
  }

  /** The tokens of an example as codes for `textsOf` its source's `model`: a token's id, or below 0 the placeholder that stands for it. */
  codes(example: ExampleRow, model: number): ExampleCodes {
    const { tokens, documents, number } = this.context(example.context);
    const [from, to] = [example.start, Math.max(example.start, Math.min(tokens.length, example.start + example.activations.length))];
    const document = documentAt(documents, example.peak);
    if (this.redaction.text === 'none') return { codes: tokens, from, to, document, number };
    const vocabulary = vocabularyOf(this.db, model);
    const codes = tokens.slice(from, to).map((token, i) => {
      const placeholder = placeholderOf(this.redaction, vocabulary.entry(token), Math.abs(from + i - example.peak));
      return placeholder === null ? token : -1 - placeholder;
    });
    return { codes, from: 0, to: codes.length, document, number };
  }

  /** What codes stand for: one function a model. */
  textsOf(model: number): (code: number) => string {
    let texts = this.#texts.get(model);
    if (texts === undefined) {
      const vocabulary = vocabularyOf(this.db, model);
      this.#texts.set(model, texts = (code) => (code < 0 ? placeholders[-1 - code]! : vocabulary.text(code)));
    }
    return texts;
  }

  /** The tokens of an example as text. `model` is its source's. */
  window(example: ExampleRow, model: number): ExampleWindow {
    const { codes: all, from, to, document, number } = this.codes(example, model);
    const codes = all.subarray(from, to);
    const vocabulary = vocabularyOf(this.db, model);
    return {
      texts: Array.from(codes, this.textsOf(model)), special: Array.from(codes, (code) => code >= 0 && vocabulary.entry(code).special), document, number,
    };
  }

  /** A token as text, for the tokens that a feature raises or lowers. */
  tokenText(token: number, model: number): string {
    return vocabularyOf(this.db, model).text(token);
  }
}

/** Writes the float32 activations of a window, `length` of them, out of their 8-bit steps; the peak is exact. `signed`: the feature fires below 0 too. */
export function writeActivations(example: ExampleRow, length: number, signed: boolean, out: Float32Array, at: number): void {
  dequantiseInto(out, at, example.activations, length, example.maximum, signed);
  const peak = example.peak - example.start;
  if (peak < length) out[at + peak] = example.value;
}

/** float32 activations of a window [length]. */
export function activationsOf(example: ExampleRow, length: number, signed: boolean): Float32Array {
  const out = new Float32Array(length);
  writeActivations(example, length, signed, out, 0);
  return out;
}
