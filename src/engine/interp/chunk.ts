/** One chunk of features: their figures, and their examples, out of the codes on disk. */
import { Random } from '../random.ts';
import { histogramBins } from './build-files.ts';
import type { ChunkExamples, FeatureChunk } from './build-files.ts';
import { intervals } from './config.ts';
import type { StatisticsOptions } from './config.ts';
import { rangesWithin, readFirings } from './codes.ts';
import type { Firings } from './codes.ts';
import type { DocumentIndex } from './documents.ts';
import { addHistogram, addIntervals, figuresOf } from './feature-figures.ts';
import { intervalFirings } from './interval-examples.ts';
import { topFirings } from './top-examples.ts';
import { fillWindow, windowAround } from './windows.ts';

/** Where the codes lie, and what is needed to read them. */
export interface CodedStore {
  readonly folder: string;
  readonly blocks: number;
  readonly contextLength: number;
  /** Firings of each feature, float64 [dSae] */
  readonly counts: Float64Array;
  readonly documents: DocumentIndex;
}

/** Firings in memory at one time, 8 bytes each; one feature's may be more. */
const firingBudget = 8_000_000;

interface ExampleRow {
  readonly group: number;
  readonly rank: number;
  readonly row: number;
  readonly value: number;
}

/** Collects examples whose number is not known before. */
class ExampleList {
  readonly #rows: ExampleRow[] = [];
  readonly #windows: Float32Array[] = [];
  readonly #offsets: number[] = [0];
  readonly #contextLength: number;
  readonly #width: number;

  constructor(contextLength: number, width: number) {
    this.#contextLength = contextLength;
    this.#width = width;
  }

  add(example: ExampleRow, rows: Int32Array, values: Float32Array): void {
    const window = new Float32Array(this.#width);
    fillWindow(windowAround(example.row, this.#contextLength, this.#width), this.#contextLength, rows, values, window);
    this.#rows.push(example);
    this.#windows.push(window);
  }

  endFeature(): void {
    this.#offsets.push(this.#rows.length);
  }

  finish(): ChunkExamples {
    const windows = this.#rows.map(({ row }) => windowAround(row, this.#contextLength, this.#width));
    const activations = new Float32Array(this.#rows.length * this.#width);
    this.#windows.forEach((window, i) => activations.set(window, i * this.#width));
    return {
      offsets: Int32Array.from(this.#offsets), group: Uint8Array.from(this.#rows, (e) => e.group), rank: Uint8Array.from(this.#rows, (e) => e.rank),
      context: Int32Array.from(windows, (w) => w.context), start: Int32Array.from(windows, (w) => w.start), peak: Int32Array.from(windows, (w) => w.peak),
      length: Int32Array.from(windows, (w) => w.length), value: Float32Array.from(this.#rows, (e) => e.value), activations,
    };
  }
}

function addExamples(
  list: ExampleList, feature: number, rows: Int32Array, values: Float32Array, max: number, counts: Int32Array, documents: DocumentIndex, options: StatisticsOptions,
): void {
  const documentOf = (firing: number): number => documents.at(rows[firing]!);
  const random = Random.from(options.seed, `interval-examples/${feature}`);
  const groups = [topFirings(values, documentOf, options.topExamples), ...intervalFirings(values, max, counts, documentOf, options.intervalExamples, random)];
  groups.forEach((firings, group) => firings.forEach((firing, rank) => list.add({ group, rank, row: rows[firing]!, value: values[firing]! }, rows, values)));
  list.endFeature();
}

export type CountedChunk = Omit<FeatureChunk, 'logitIds' | 'logitValues' | 'neighbourIds' | 'neighbourCosines'>;

/** Figures and examples of features [first, first + n): all of a chunk but what the weights say. */
export function countChunk(store: CodedStore, first: number, n: number, options: StatisticsOptions): CountedChunk {
  const chunk = {
    first, firings: new Int32Array(n), max: new Float32Array(n), mean: new Float32Array(n), low: new Float32Array(n), high: new Float32Array(n),
    histogram: new Int32Array(n * histogramBins), bins: new Int32Array(n * intervals),
  };
  const list = new ExampleList(store.contextLength, Math.min(options.window, store.contextLength));
  for (const [from, to] of rangesWithin(first, n, store.counts, firingBudget)) {
    const firings = readFirings(store.folder, store.blocks, from, to - from, store.counts);
    for (let feature = from; feature < to; feature++) countFeature(chunk, list, firings, feature, store.documents, options);
  }
  return { ...chunk, examples: list.finish() };
}

function countFeature(
  chunk: Omit<CountedChunk, 'examples'>, list: ExampleList, firings: Firings, feature: number, documents: DocumentIndex, options: StatisticsOptions,
): void {
  const i = feature - chunk.first;
  const [begin, end] = [firings.offsets[feature - firings.first]!, firings.offsets[feature - firings.first + 1]!];
  const rows = firings.rows.subarray(begin, end);
  const values = firings.values.subarray(begin, end);
  const figures = figuresOf(values);
  chunk.firings[i] = figures.firings;
  chunk.max[i] = figures.max;
  chunk.mean[i] = figures.mean;
  chunk.low[i] = figures.low;
  chunk.high[i] = figures.high;
  const bins = chunk.bins.subarray(i * intervals, (i + 1) * intervals);
  addHistogram(values, figures, chunk.histogram.subarray(i * histogramBins, (i + 1) * histogramBins));
  addIntervals(values, figures.max, bins);
  addExamples(list, feature, rows, values, figures.max, bins, documents, options);
}
