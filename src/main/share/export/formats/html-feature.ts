/** A feature as a shard of the site holds it: numbers at five digits, words as their numbers, lists in place of names. docs/file-formats.md says what is where. */
import { feature as storedFeature } from '../../../catalog/tables/features.ts';
import type { ExampleRow } from '../../../catalog/tables/examples.ts';
import type { Bins, FeatureExtras } from '../../../catalog/tables/feature-extras.ts';
import type { Effects, FeatureRecord } from '../../../catalog/tables/features.ts';
import type { LabelRow } from '../../../catalog/tables/labels.ts';
import type { ScoreRow } from '../../../catalog/tables/scores.ts';
import { currentOf } from '../reader.ts';
import type { ExportedFeature, ExportReader } from '../reader.ts';
import type { SelectedSource } from '../select.ts';

/** Five digits are what the page shows. */
export const short = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(5)));

/** Texts of tokens by number, each once. */
export class Words {
  readonly texts: string[] = [];
  readonly special: number[] = [];
  readonly #numbers = new Map<string, number>();

  number(text: string, special: boolean): number {
    const key = special ? `s${text}` : `t${text}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.texts.push(text) - 1;
      this.#numbers.set(key, number);
      if (special) this.special.push(number);
    }
    return number;
  }
}

/** What the features of one source are written with. */
export class SiteSource {
  readonly reader: ExportReader;
  readonly words: Words;
  readonly selected: SelectedSource;
  readonly #firings = new Map<number, number | null>();

  constructor(reader: ExportReader, selected: SelectedSource, words: Words) {
    this.reader = reader;
    this.selected = selected;
    this.words = words;
  }

  /** Firings of any feature of the source, selected or not; null for one that an incomplete build lacks. */
  firings(index: number): number | null {
    let firings = this.#firings.get(index);
    if (firings === undefined) {
      firings = storedFeature(this.reader.db, this.selected.source.id, index)?.firings ?? null;
      this.#firings.set(index, firings);
    }
    return firings;
  }
}

/** `signed`: the steps are int8, in maximum / 127. */
function exampleOf({ reader, words, selected }: SiteSource, example: ExampleRow, signed: boolean): unknown[] {
  const window = reader.window(example, selected.source.model);
  const ids = window.texts.map((text, i) => words.number(text, window.special[i]!));
  const sparse: number[] = [];
  example.activations.forEach((byte, i) => {
    if (byte !== 0 && i < ids.length) sparse.push(i, signed && byte > 127 ? byte - 256 : byte);
  });
  return [example.group, short(example.value), short(example.maximum), example.peak - example.start, example.start, window.document, window.number, ids, sparse];
}

function labelOf(label: LabelRow, current: LabelRow | null, scores: readonly ScoreRow[]): Record<string, unknown> {
  const { text, author, kind, confidence, notes, createdAt, undoneAt, id } = label;
  return {
    text, author, kind, confidence, notes, at: createdAt, undone: undoneAt !== null, current: id === current?.id,
    scores: scores.filter((score) => score.label === id).map(({ scorer, value, low, high, n }) => ({ scorer, value, low, high, n })),
  };
}

const pairsOf = ({ ids, values }: Effects): number[][] => Array.from(ids, (id, i) => [id, short(values[i]!)]);
const binsOf = ({ low, high, counts }: Bins): number[] | null => (counts.length === 0 ? null : [short(low), short(high), ...counts]);

/** Features that fire with it: [index, tokens on which both fire, that / tokens on which either does]. */
function togetherOf(source: SiteSource, { firings }: FeatureRecord, { ids, counts }: FeatureExtras['cooccurring']): number[][] {
  return Array.from(ids, (index, i) => [index, counts[i]!, source.firings(index)] as const).flatMap(([index, both, theirs]) =>
    (theirs === null ? [] : [[index, both, short(both / Math.max(1, firings + theirs - both))]]));
}

function extrasOf(source: SiteSource, record: FeatureRecord, extras: FeatureExtras): Record<string, unknown> {
  return {
    together: togetherOf(source, record, extras.cooccurring), correlated: pairsOf(extras.correlated), neurons: pairsOf(extras.neurons), logits: binsOf(extras.logits),
    weights: binsOf(extras.weights), norm: short(extras.norm), l1: short(extras.l1), heads: Array.from(extras.heads, short), aligned: pairsOf(extras.aligned),
  };
}

export interface SiteFeature extends Record<string, unknown> {
  readonly examples: readonly unknown[][];
}

export function featureOf(source: SiteSource, feature: ExportedFeature): SiteFeature {
  const { reader, words, selected } = source;
  const { record, details, extras, labels, scores, comments, examples } = feature;
  const { ids, values } = details.logits;
  const half = ids.length / 2;
  const effects = (from: number, to: number): [number, number][] =>
    Array.from(ids.subarray(from, to), (id, i) => [words.number(reader.tokenText(id, selected.source.model), false), short(values[from + i]!)]);
  const current = currentOf(labels);
  return {
    index: record.index, density: record.density, firings: record.firings, max: short(record.max), mean: short(record.mean),
    histogram: [details.low, details.high, ...details.histogram], intervals: [...details.bins], up: effects(0, half), down: effects(half, 2 * half),
    neighbours: pairsOf(details.neighbours),
    // Only dictionaries with signed codes have these.
    ...(record.min < 0 ? { min: short(record.min), below: extras === null ? null : binsOf(extras.negative), intervalsBelow: extras === null ? [] : [...extras.negativeBins] } : {}),
    extras: extras === null ? null : extrasOf(source, record, extras),
    labels: labels.toReversed().map((label) => labelOf(label, current, scores)),
    comments: comments.map(({ text, author, createdAt }) => ({ text, author, at: createdAt })),
    examples: examples.map((example) => exampleOf(source, example, record.min < 0)),
  };
}
