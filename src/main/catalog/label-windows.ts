/** Windows of text for labellers, out of what a catalog stores: examples of a feature, and stored contexts at random. */
import { Lexicon } from '../../engine/labelling/lexicon.ts';
import type { Words } from '../../engine/labelling/lexicon.ts';
import { silentWindow, windowBounds, windowTokens, withoutDuplicates } from '../../engine/labelling/windows.ts';
import type { Window } from '../../engine/labelling/windows.ts';
import { Random } from '../../engine/random.ts';
import type { ReadHandle } from './handle.ts';
import { context, contextIds } from './tables/contexts.ts';
import { examples, topExamples } from './tables/examples.ts';
import type { ExampleRow } from './tables/examples.ts';
import type { SourceRow } from './tables/sources.ts';
import { vocabularyOf } from './vocabulary.ts';

/** Windows in each of the two backgrounds: one for finding rules, one for testing labels. */
export const backgroundWindows = 256;
/** Strongest examples of each neighbour that serve as hard negatives. */
const neighbourExamples = 5;

const intervals = 5;

/** What one pass over the features of a source reads again and again, kept. */
export class LabelWindows {
  readonly lexicon: Lexicon;
  readonly #db: ReadHandle;
  readonly #source: SourceRow;
  readonly #contexts = new Map<number, Words & { readonly tokens: Int32Array }>();
  readonly #strongest = new Map<number, Window[]>();

  constructor(db: ReadHandle, source: SourceRow) {
    this.#db = db;
    this.#source = source;
    const vocabulary = vocabularyOf(db, source.model);
    this.lexicon = new Lexicon((token) => vocabulary.entry(token));
  }

  /** The stored examples of a feature as windows; `maximum` is the feature's. */
  ofFeature(index: number, maximum: number): Window[] {
    return examples(this.#db, this.#source.id, index).map((row) => this.#window(row, maximum));
  }

  /** The strongest few examples of a feature, kept for the features that it neighbours. */
  strongestOf(index: number): Window[] {
    let windows = this.#strongest.get(index);
    if (windows === undefined) {
      windows = topExamples(this.#db, this.#source.id, index, neighbourExamples).map((row) => this.#window(row, row.maximum));
      if (this.#strongest.size > 20_000) this.#strongest.clear();
      this.#strongest.set(index, windows);
    }
    return windows;
  }

  /** Two sets of windows at random places of different stored contexts of the source's store; the second shares no run of eight tokens with the first. */
  backgrounds(seed: number): readonly [Window[], Window[]] {
    const random = Random.from(seed, 'label background');
    const ids = random.shuffle(contextIds(this.#db, this.#source.store));
    const half = Math.min(backgroundWindows, Math.floor(ids.length / 2));
    const first = ids.slice(0, half).map((id) => this.#randomWindow(id, random));
    return [first, withoutDuplicates(ids.slice(half, 2 * half).map((id) => this.#randomWindow(id, random)), first)];
  }

  #randomWindow(id: number, random: Random): Window {
    const text = this.#context(id);
    const start = text.tokens.length <= windowTokens ? 0 : random.integer(text.tokens.length - windowTokens + 1);
    return silentWindow(text.tokens, text, id, start, start + windowTokens);
  }

  #window(row: ExampleRow, maximum: number): Window {
    const [start, end] = windowBounds(row.peak, row.start, row.start + row.activations.length);
    const text = this.#context(row.context);
    const window = silentWindow(text.tokens, text, row.context, start, end);
    const step = row.maximum / 255;
    for (let i = 0; i < window.activations.length; i++) window.activations[i] = row.activations[start - row.start + i]! * step;
    return { ...window, interval: Math.min(intervals, Math.max(1, Math.ceil((intervals * row.value) / Math.max(maximum, Number.MIN_VALUE)))) };
  }

  #context(id: number): Words & { readonly tokens: Int32Array } {
    let text = this.#contexts.get(id);
    if (text === undefined) {
      const tokens = context(this.#db, id)?.tokens ?? new Int32Array(0);
      if (this.#contexts.size > 20_000) this.#contexts.clear();
      this.#contexts.set(id, text = { tokens, ...this.lexicon.words(tokens) });
    }
    return text;
  }
}
