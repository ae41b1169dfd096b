/** The predicates of the rule explainer: each holds or not at every place of a window (labelling F.3, last paragraph). */
import type { Lexicon, TokenClass } from './lexicon.ts';
import { tokenClasses } from './lexicon.ts';
import type { Window } from './windows.ts';

/** How far back a topic word may stand, in tokens. */
export const topicReach = 20;
/** Positions in a context, first and one past the last. */
export const positionBuckets = [[0, 4], [4, 16], [16, 64], [64, Infinity]] as const;

export type Predicate =
  | { readonly kind: 'current' | 'previous' | 'topic'; readonly forms: readonly number[] }
  | { readonly kind: 'class'; readonly name: TokenClass }
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'position'; readonly bucket: number }
  | { readonly kind: 'repeated' };

/** Conjunction of one or two predicates. */
export type Rule = readonly Predicate[];

/** Bits at which `holds`. */
function mask(length: number, holds: (i: number) => boolean): number {
  let bits = 0;
  for (let i = 0; i < length; i++) if (holds(i)) bits |= 1 << i;
  return bits >>> 0;
}

/** The places up to `reach` after each set one. */
export function spread(bits: number, reach: number): number {
  let out = 0;
  for (let by = 1; by <= reach && bits !== 0; by++) out |= bits << by;
  return out >>> 0;
}

/** Places whose token is one of `forms`. */
export function formMask(own: Int32Array, forms: readonly number[]): number {
  let bits = 0;
  for (let i = 0; i < own.length; i++) for (const form of forms) if (own[i] === form) bits |= 1 << i;
  return bits >>> 0;
}

function repeatedMask(own: Int32Array, lexicon: Lexicon): number {
  const seen = new Set<number>();
  return mask(own.length, (i) => {
    const form = own[i]!;
    const again = seen.has(form) && /\p{L}{3}/u.test(lexicon.text(form));
    seen.add(form);
    return again;
  });
}

/** A suffix belongs to a word that is longer than it by two letters at least. */
export function hasSuffix(text: string, suffix: string): boolean {
  return text.length >= suffix.length + 2 && text.endsWith(suffix) && /^\p{L}+$/u.test(text);
}

/** The places of a window at which a predicate holds, as bits. */
export function predicateMask(predicate: Predicate, { tokens, forms, classes, start }: Window, lexicon: Lexicon): number {
  const inWindow = tokens.length === 32 ? 0xffffffff : 2 ** tokens.length - 1;
  switch (predicate.kind) {
    case 'current': return formMask(forms, predicate.forms);
    case 'previous': return ((formMask(forms, predicate.forms) << 1) & inWindow) >>> 0;
    case 'topic': return (spread(formMask(forms, predicate.forms), topicReach) & inWindow) >>> 0;
    case 'class': {
      const bit = 1 << tokenClasses.indexOf(predicate.name);
      return mask(tokens.length, (i) => (classes[i]! & bit) !== 0);
    }
    case 'suffix': return mask(tokens.length, (i) => hasSuffix(lexicon.text(forms[i]!), predicate.suffix));
    case 'position': {
      const [from, to] = positionBuckets[predicate.bucket]!;
      return mask(tokens.length, (i) => start + i >= from && start + i < to);
    }
    case 'repeated': return repeatedMask(forms, lexicon);
  }
}

/** Places at which all predicates of a rule hold. */
export function ruleMask(rule: Rule, window: Window, lexicon: Lexicon): number {
  return rule.reduce((bits, predicate) => (bits & predicateMask(predicate, window, lexicon)) >>> 0, 0xffffffff);
}
