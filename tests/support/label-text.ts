/** Windows of made-up text for labellers: words are tokens, with the space before them. */
import { Lexicon } from '../../src/engine/labelling/lexicon.ts';
import { silentWindow } from '../../src/engine/labelling/windows.ts';
import type { Window } from '../../src/engine/labelling/windows.ts';
import { Random } from '../../src/engine/random.ts';

export class MadeText {
  readonly #ids = new Map<string, number>();
  readonly texts: string[] = [];
  readonly lexicon = new Lexicon((token) => ({ text: this.texts[token]!, special: this.texts[token] === ' <end>' }));
  #contexts = 0;

  id(word: string): number {
    let id = this.#ids.get(word);
    if (id === undefined) this.#ids.set(word, id = this.texts.push(` ${word}`) - 1);
    return id;
  }

  /** A window of the words of `text`; those after a star fire: with their number, or 1. `one *two *three:0.5`. */
  window(text: string, more: Partial<Window> = {}): Window {
    const words = text.split(' ').map((word) => /^\*([^:]+)(?::([\d.]+))?$/.exec(word) ?? [null, word, '0'] as const);
    const tokens = Int32Array.from(words, ([, word]) => this.id(word!));
    const window = silentWindow(tokens, this.lexicon.words(tokens), this.#contexts++, 0, tokens.length);
    window.activations.set(words.map(([starred, , value]) => (starred === null ? 0 : Number(value ?? 1))));
    return { ...window, ...more };
  }

  /** Windows of `length` words at random out of 400, some of them digits; `fires` says how much a word after another activates. */
  random(n: number, seed: number, fires: (word: string, before: string) => number = () => 0, length = 32): Window[] {
    const random = Random.from(seed, 'made text');
    return Array.from({ length: n }, () => {
      const words = Array.from({ length }, () => (random.uniform() < 0.02 ? String(random.integer(10)) : `w${random.integer(400)}x`));
      return this.window(words.map((word, i) => { const value = fires(word, words[i - 1] ?? ''); return value > 0 ? `*${word}:${value}` : word; }).join(' '));
    });
  }
}
