/** Windows of text at random: what rules are held against, and where judges must say no. Shared by all features of a run. */
import type { Lexicon } from './lexicon.ts';
import { predicateMask, spread, topicReach } from './predicates.ts';
import type { Predicate } from './predicates.ts';
import type { Window } from './windows.ts';

export class Background {
  readonly windows: readonly Window[];
  readonly #lexicon: Lexicon;
  /** By form: window numbers, and the places in each at which it stands. */
  readonly #places = new Map<number, { readonly at: number[]; readonly bits: number[] }>();
  readonly #masks = new Map<string, Uint32Array>();

  constructor(windows: readonly Window[], lexicon: Lexicon) {
    this.windows = windows;
    this.#lexicon = lexicon;
    windows.forEach((window, number) => this.#index(window, number));
  }

  /** Which windows count for a feature that is known to fire in `contexts`: 1 where it is not known to. */
  without(contexts: ReadonlySet<number>): Uint8Array {
    return Uint8Array.from(this.windows, ({ context }) => (contexts.has(context) ? 0 : 1));
  }

  /** In how many windows a form stands. */
  frequency(form: number): number {
    return this.#places.get(form)?.at.length ?? 0;
  }

  /** The places at which a predicate holds, uint32 [windows]: a bit a place. */
  masks(predicate: Predicate): Uint32Array {
    if (predicate.kind === 'current' || predicate.kind === 'previous' || predicate.kind === 'topic') return this.#formMasks(predicate.kind, predicate.forms);
    const key = JSON.stringify(predicate);
    let masks = this.#masks.get(key);
    if (masks === undefined) this.#masks.set(key, masks = Uint32Array.from(this.windows, (window) => predicateMask(predicate, window, this.#lexicon)));
    return masks;
  }

  #formMasks(kind: 'current' | 'previous' | 'topic', forms: readonly number[]): Uint32Array {
    const out = new Uint32Array(this.windows.length);
    for (const form of forms) {
      const places = this.#places.get(form);
      places?.at.forEach((number, i) => { out[number]! |= places.bits[i]!; });
    }
    if (kind !== 'current') this.#windowsOf(forms, (number) => { out[number] = this.#inside(number, kind === 'previous' ? out[number]! << 1 : spread(out[number]!, topicReach)); });
    return out;
  }

  #windowsOf(forms: readonly number[], work: (number: number) => void): void {
    const seen = new Set<number>();
    for (const form of forms) for (const number of this.#places.get(form)?.at ?? []) if (!seen.has(number)) work((seen.add(number), number));
  }

  #inside(number: number, bits: number): number {
    const { length } = this.windows[number]!.tokens;
    return (length === 32 ? bits : bits & (2 ** length - 1)) >>> 0;
  }

  #index(window: Window, number: number): void {
    window.forms.forEach((form, i) => {
      let places = this.#places.get(form);
      if (places === undefined) this.#places.set(form, places = { at: [], bits: [] });
      if (places.at.at(-1) === number) places.bits[places.bits.length - 1]! |= 1 << i;
      else {
        places.at.push(number);
        places.bits.push(1 << i);
      }
    });
  }
}
