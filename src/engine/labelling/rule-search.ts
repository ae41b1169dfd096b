/**
 * The best conjunction of at most two predicates by F1 on the explaining windows of a feature.
 *
 * A window with the feature is hit where the rule holds at an active token; a window of the background is a false alarm where the rule
 * holds anywhere. Backgrounds are weighed to be four times as many as the windows with the feature, however many were drawn: features are
 * rare, and at one to one a rule that holds everywhere would have an F1 of 2/3, more than many a true one.
 */
import type { Background } from './background.ts';
import type { Lexicon } from './lexicon.ts';
import { tokenClasses } from './lexicon.ts';
import { hasSuffix, positionBuckets, predicateMask, topicReach } from './predicates.ts';
import type { Predicate, Rule } from './predicates.ts';
import { activeMask } from './windows.ts';
import type { Window } from './windows.ts';

export interface FoundRule {
  readonly rule: Rule;
  /** 0 to 1, on the windows that it was found on. */
  readonly f1: number;
}

/** Forms a set may hold, candidates that are tried in pairs, and what a further part must add to F1 to be worth its words. */
const mostForms = 5;
const negativesEach = 4;
/** Below this F1 a rule says nothing that is worth showing: one that holds everywhere has 1/3. */
const leastF1 = 0.35;
const mostPaired = 24;
const worthForm = 0.03;
const worthPredicate = 0.03;

interface Candidate extends FoundRule {
  /** uint32 [windows with the feature], [background] */
  readonly positive: Uint32Array;
  readonly negative: Uint32Array;
}

/** One feature's windows with what is needed again and again. */
class Search {
  readonly #windows: readonly Window[];
  readonly #active: Uint32Array;
  readonly #background: Background;
  readonly #lexicon: Lexicon;
  readonly #counts: Uint8Array;
  readonly #weight: number;

  constructor(windows: readonly Window[], background: Background, lexicon: Lexicon, counts: Uint8Array) {
    this.#windows = windows;
    this.#active = Uint32Array.from(windows, (window) => activeMask(window, false));
    this.#background = background;
    this.#lexicon = lexicon;
    this.#counts = counts;
    this.#weight = (negativesEach * windows.length) / Math.max(1, counts.reduce((a, b) => a + b, 0));
  }

  f1(positive: Uint32Array, negative: Uint32Array): number {
    let hits = 0;
    for (let i = 0; i < positive.length; i++) if ((positive[i]! & this.#active[i]!) !== 0) hits++;
    let alarms = 0;
    for (let i = 0; i < negative.length; i++) if (negative[i] !== 0 && this.#counts[i] !== 0) alarms++;
    return (2 * hits) / (hits + alarms * this.#weight + positive.length || 1);
  }

  candidate(predicate: Predicate): Candidate {
    const positive = Uint32Array.from(this.#windows, (window) => predicateMask(predicate, window, this.#lexicon));
    const negative = this.#background.masks(predicate);
    return { rule: [predicate], positive, negative, f1: this.f1(positive, negative) };
  }

  /** F1 of the conjunction of two candidates. */
  f1Both(a: Candidate, b: Candidate): number {
    let hits = 0;
    for (let i = 0; i < this.#active.length; i++) if ((a.positive[i]! & b.positive[i]! & this.#active[i]!) !== 0) hits++;
    let alarms = 0;
    for (let i = 0; i < this.#counts.length; i++) if ((a.negative[i]! & b.negative[i]!) !== 0 && this.#counts[i] !== 0) alarms++;
    return (2 * hits) / (hits + alarms * this.#weight + this.#active.length || 1);
  }

  /** Forms by the number of windows in which one stands at a place of `placesOf`, the most first; those in `least` windows at least. */
  forms(placesOf: (active: number) => readonly number[], keep: number, least = 2, suits: (form: number) => boolean = () => true): number[] {
    const counts = new Map<number, number>();
    this.#windows.forEach(({ tokens, forms }, i) => {
      const here = new Set(placesOf(this.#active[i]!).filter((place) => place >= 0 && place < tokens.length).map((place) => forms[place]!));
      for (const form of here) counts.set(form, (counts.get(form) ?? 0) + 1);
    });
    // A word that is everywhere says little: windows count less the oftener the background has it.
    const worth = ([form, n]: readonly [number, number]): number => n / this.#windows.length - this.#background.frequency(form) / Math.max(1, this.#background.windows.length);
    return [...counts].filter(([form, n]) => n >= least && suits(form)).sort((a, b) => worth(b) - worth(a) || a[0] - b[0]).slice(0, keep).map(([form]) => form);
  }

  /** Words that may be what a text is about: of three letters or more, in a sixth of the windows with the feature, and three times rarer elsewhere. */
  topics(near: (active: number) => readonly number[]): number[] {
    const least = Math.max(3, Math.ceil(this.#windows.length / 6));
    return this.forms(near, 10, least, (form) => /^\p{L}{3,}$/u.test(this.#lexicon.text(form))
      && 3 * this.#background.frequency(form) * this.#windows.length <= least * this.#background.windows.length);
  }

  /** Suffixes of active words: with three different words at least, and in a quarter of the windows. */
  suffixes(): string[] {
    const words = new Map<string, Set<string>>();
    const windows = new Map<string, Set<number>>();
    this.#windows.forEach(({ forms }, i) => {
      for (const place of placesIn(this.#active[i]!)) {
        const text = this.#lexicon.text(forms[place]!);
        for (const length of [1, 2, 3, 4]) {
          const suffix = text.slice(-length);
          if (!hasSuffix(text, suffix)) continue;
          words.set(suffix, (words.get(suffix) ?? new Set()).add(text));
          windows.set(suffix, (windows.get(suffix) ?? new Set()).add(i));
        }
      }
    });
    const enough = [...windows].filter(([suffix, set]) => words.get(suffix)!.size >= 3 && set.size * 4 >= this.#windows.length);
    return enough.sort((a, b) => b[1].size - a[1].size || b[0].length - a[0].length).slice(0, 6).map(([suffix]) => suffix);
  }

  /** A set of forms, grown as long as each adds enough; every single form beside it. */
  grown(kind: 'current' | 'previous' | 'topic', forms: readonly number[]): Candidate[] {
    const singles = forms.map((form) => this.candidate({ kind, forms: [form] }));
    let best: Candidate | null = null;
    for (let size = 0; size < mostForms; size++) {
      const tried: Candidate[] = singles.filter((single) => best === null || !formsOf(best).includes(formsOf(single)[0]!)).map((single) => (best === null ? single : this.#joined(best, single)));
      const top = highest(tried);
      if (top === null || (best !== null && top.f1 < best.f1 + worthForm)) break;
      best = top;
    }
    return best === null || best.rule.length === 0 || formsOf(best).length === 1 ? singles : [best, ...singles];
  }

  /** The union of two sets of forms of one kind. */
  #joined(a: Candidate, b: Candidate): Candidate {
    const [positive, negative] = [or(a.positive, b.positive), or(a.negative, b.negative)];
    const kind = a.rule[0]!.kind as 'current';
    return { rule: [{ kind, forms: [...formsOf(a), ...formsOf(b)] }], positive, negative, f1: this.f1(positive, negative) };
  }
}

function or(x: Uint32Array, y: Uint32Array): Uint32Array {
  const out = new Uint32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = x[i]! | y[i]!;
  return out;
}

function formsOf({ rule: [predicate] }: Candidate): readonly number[] {
  return predicate !== undefined && 'forms' in predicate ? predicate.forms : [];
}

function placesIn(bits: number): number[] {
  const places: number[] = [];
  for (let i = 0; i < 32; i++) if ((bits & (1 << i)) !== 0) places.push(i);
  return places;
}

function highest(candidates: readonly Candidate[]): Candidate | null {
  return candidates.reduce<Candidate | null>((best, candidate) => (best === null || candidate.f1 > best.f1 ? candidate : best), null);
}

function singles(search: Search): Candidate[] {
  const before = (active: number): number[] => placesIn(active).map((place) => place - 1);
  const near = (active: number): number[] => {
    const first = 31 - Math.clz32(active & -active);
    return active === 0 ? [] : Array.from({ length: topicReach }, (_, i) => first - 1 - i);
  };
  return [
    ...search.grown('current', search.forms(placesIn, 10)),
    ...search.grown('previous', search.forms(before, 8)),
    ...search.grown('topic', search.topics(near)),
    ...tokenClasses.map((name) => search.candidate({ kind: 'class', name })),
    ...search.suffixes().map((suffix) => search.candidate({ kind: 'suffix', suffix })),
    ...positionBuckets.map((_, bucket) => search.candidate({ kind: 'position', bucket })),
    search.candidate({ kind: 'repeated' }),
  ];
}

/** Whether two predicates say different things: two sets of the same kind would be their intersection. */
function combines(a: Candidate, b: Candidate): boolean {
  return a.rule[0]!.kind !== b.rule[0]!.kind;
}

/**
 * The best rule for windows in which a feature fires, against `background`; `counts` says which of its windows count (uint8 [background]).
 * Null where none is worth showing.
 */
export function findRule(windows: readonly Window[], background: Background, lexicon: Lexicon, counts: Uint8Array): FoundRule | null {
  const search = new Search(windows, background, lexicon, counts);
  const ranked = singles(search).filter(({ f1 }) => f1 > 0).sort((a, b) => b.f1 - a.f1).slice(0, mostPaired);
  const [best] = ranked;
  if (best === undefined) return null;
  let top: FoundRule = best;
  for (const [i, a] of ranked.entries()) {
    for (const b of ranked.slice(i + 1)) {
      if (!combines(a, b)) continue;
      const f1 = search.f1Both(a, b);
      if (f1 > Math.max(top.f1, best.f1 + worthPredicate)) top = { rule: [...a.rule, ...b.rule], f1 };
    }
  }
  return top.f1 < leastF1 ? null : { rule: top.rule, f1: top.f1 };
}
