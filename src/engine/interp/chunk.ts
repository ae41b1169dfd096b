/** One chunk of features: their figures, and their examples, out of the codes on disk. */
import { Random } from '../random.ts';
import { histogramBins } from './build-files.ts';
import type { ChunkExamples, ChunkExtras, FeatureChunk } from './build-files.ts';
import { intervals } from './config.ts';
import type { StatisticsOptions } from './config.ts';
import { rangesWithin, readFirings } from './codes.ts';
import type { Firings } from './codes.ts';
import type { DocumentIndex } from './documents.ts';
import { addHistogram, addIntervals, figuresOf } from './feature-figures.ts';
import { intervalFirings } from './interval-examples.ts';
import { polesOf } from './poles.ts';
import type { Pole } from './poles.ts';
import type { Relations, RelationLists } from './relations.ts';
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
  readonly relations: Relations;
}

/** Groups of examples of one sign: the strongest, and one for each interval. Those below 0 follow those above. */
export const polesGroups = 1 + intervals;

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
  readonly #groups: number[] = [];
  readonly #ranks: number[] = [];
  readonly #rows: number[] = [];
  readonly #values: number[] = [];
  readonly #offsets: number[] = [0];
  readonly #contextLength: number;
  readonly #width: number;
  /** float32 [examples, width], with room for more: a chunk has some ten thousand, too many for an array each. */
  #activations = new Float32Array(0);

  constructor(contextLength: number, width: number) {
    this.#contextLength = contextLength;
    this.#width = width;
  }

  add(example: ExampleRow, rows: Int32Array, values: Float32Array): void {
    const at = this.#rows.length * this.#width;
    if (at + this.#width > this.#activations.length) {
      const grown = new Float32Array(Math.max(1024 * this.#width, 2 * this.#activations.length));
      grown.set(this.#activations);
      this.#activations = grown;
    }
    fillWindow(windowAround(example.row, this.#contextLength, this.#width), this.#contextLength, rows, values, this.#activations.subarray(at, at + this.#width));
    this.#groups.push(example.group);
    this.#ranks.push(example.rank);
    this.#rows.push(example.row);
    this.#values.push(example.value);
  }

  endFeature(): void {
    this.#offsets.push(this.#rows.length);
  }

  finish(): ChunkExamples {
    const examples = this.#rows.length;
    const column = (): Int32Array => new Int32Array(examples);
    const [context, start, peak, length] = [column(), column(), column(), column()];
    this.#rows.forEach((row, i) => {
      const window = windowAround(row, this.#contextLength, this.#width);
      [context[i], start[i], peak[i], length[i]] = [window.context, window.start, window.peak, window.length];
    });
    return {
      offsets: Int32Array.from(this.#offsets), group: Uint8Array.from(this.#groups), rank: Uint8Array.from(this.#ranks), context, start, peak, length,
      value: Float32Array.from(this.#values), activations: this.#activations.slice(0, examples * this.#width),
    };
  }
}

interface FeatureFirings {
  readonly feature: number;
  readonly rows: Int32Array;
  readonly values: Float32Array;
}

/** Examples of one sign. `bins` int32 [intervals] are its firings by interval of (0, max], and `sign` is put back. */
function addExamples(list: ExampleList, all: FeatureFirings, pole: Pole, sign: 1 | -1, max: number, bins: Int32Array, documents: DocumentIndex, options: StatisticsOptions): void {
  const { rows, sizes } = pole;
  const documentOf = (firing: number): number => documents.at(rows[firing]!);
  const random = Random.from(options.seed, `interval-examples/${all.feature}${sign < 0 ? '/below' : ''}`);
  const groups = [topFirings(sizes, documentOf, options.topExamples), ...intervalFirings(sizes, max, bins, documentOf, options.intervalExamples, random)];
  const first = sign < 0 ? polesGroups : 0;
  groups.forEach((firings, group) => firings.forEach((firing, rank) => {
    list.add({ group: first + group, rank, row: rows[firing]!, value: sign * sizes[firing]! }, all.rows, all.values);
  }));
}

type CountedExtras = Pick<ChunkExtras, 'min' | 'negativeLow' | 'negativeHigh' | 'negativeHistogram' | 'negativeBins'> & RelationLists;
export type CountedChunk = Omit<FeatureChunk, 'logitIds' | 'logitValues' | 'neighbourIds' | 'neighbourCosines' | 'extras'> & { readonly extras: CountedExtras };

function emptyChunk(first: number, n: number, relations: Relations): Omit<CountedChunk, 'examples'> {
  const floats = (): Float32Array => new Float32Array(n);
  return {
    first, firings: new Int32Array(n), max: floats(), mean: floats(), low: floats(), high: floats(), histogram: new Int32Array(n * histogramBins), bins: new Int32Array(n * intervals),
    extras: {
      min: floats(), negativeLow: floats(), negativeHigh: floats(), negativeHistogram: new Int32Array(n * histogramBins), negativeBins: new Int32Array(n * intervals),
      ...relations.lists(n),
    },
  };
}

/** Figures and examples of features [first, first + n): all of a chunk but what the weights and the texts say. */
export function countChunk(store: CodedStore, first: number, n: number, options: StatisticsOptions): CountedChunk {
  const chunk = emptyChunk(first, n, store.relations);
  const list = new ExampleList(store.contextLength, Math.min(options.window, store.contextLength));
  for (const [from, to] of rangesWithin(first, n, store.counts, firingBudget)) {
    const firings = readFirings(store.folder, store.blocks, from, to - from, store.counts);
    for (let feature = from; feature < to; feature++) countFeature(chunk, list, firingsOf(firings, feature), store.documents, options);
    store.relations.fill(firings, first, chunk.extras);
  }
  return { ...chunk, examples: list.finish() };
}

function firingsOf(firings: Firings, feature: number): FeatureFirings {
  const [begin, end] = [firings.offsets[feature - firings.first]!, firings.offsets[feature - firings.first + 1]!];
  return { feature, rows: firings.rows.subarray(begin, end), values: firings.values.subarray(begin, end) };
}

function countFeature(chunk: Omit<CountedChunk, 'examples'>, list: ExampleList, all: FeatureFirings, documents: DocumentIndex, options: StatisticsOptions): void {
  const i = all.feature - chunk.first;
  const { above, below } = polesOf(all.rows, all.values);
  const bins = (counts: Int32Array): Int32Array => counts.subarray(i * intervals, (i + 1) * intervals);
  const histogram = (counts: Int32Array): Int32Array => counts.subarray(i * histogramBins, (i + 1) * histogramBins);
  const up = figuresOf(above.sizes);
  addHistogram(above.sizes, up, histogram(chunk.histogram));
  addIntervals(above.sizes, up.max, bins(chunk.bins));
  addExamples(list, all, above, 1, up.max, bins(chunk.bins), documents, options);
  chunk.firings[i] = all.values.length;
  [chunk.max[i], chunk.mean[i], chunk.low[i], chunk.high[i]] = [up.max, up.mean, up.low, up.high];
  if (below !== null) {
    const { extras } = chunk;
    const down = figuresOf(below.sizes);
    addHistogram(below.sizes, down, histogram(extras.negativeHistogram));
    addIntervals(below.sizes, down.max, bins(extras.negativeBins));
    addExamples(list, all, below, -1, down.max, bins(extras.negativeBins), documents, options);
    chunk.mean[i] = (up.mean * up.firings - down.mean * down.firings) / all.values.length;
    [extras.min[i], extras.negativeLow[i], extras.negativeHigh[i]] = [-down.max, down.low, down.high];
  }
  list.endFeature();
}
