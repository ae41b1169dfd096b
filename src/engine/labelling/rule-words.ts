/** A rule as a label: `token "movie"/"film" after "the"`, `digits`, `words ending in -ing near "war"`. */
import type { roleFamilies } from '../../shared/schema/labels.ts';
import type { Lexicon } from './lexicon.ts';
import { positionBuckets } from './predicates.ts';
import type { Predicate, Rule } from './predicates.ts';

const classWords = {
  digits: 'digits', capitalised: 'capitalised words', capitals: 'words in capitals', punctuation: 'punctuation', 'line break': 'line breaks', special: 'special tokens',
} as const;

function quoted(forms: readonly number[], lexicon: Lexicon): string {
  return forms.map((form) => `"${lexicon.text(form).slice(0, 40)}"`).join('/');
}

function positionWords(bucket: number): string {
  const [from, to] = positionBuckets[bucket]!;
  return to === Infinity ? `from position ${from} on` : `at positions ${from} to ${to - 1}`;
}

/** What is named: the noun of the label. */
function noun(predicate: Predicate, lexicon: Lexicon): string | null {
  switch (predicate.kind) {
    case 'current': return `token ${quoted(predicate.forms, lexicon)}`;
    case 'class': return classWords[predicate.name];
    case 'suffix': return `words ending in -${predicate.suffix}`;
    case 'repeated': return 'repeated words';
    default: return null;
  }
}

/** Where it must stand. */
function place(predicate: Predicate, lexicon: Lexicon): string | null {
  switch (predicate.kind) {
    case 'previous': return `after ${quoted(predicate.forms, lexicon)}`;
    case 'topic': return `near ${quoted(predicate.forms, lexicon)}`;
    case 'position': return positionWords(predicate.bucket);
    default: return null;
  }
}

export function ruleText(rule: Rule, lexicon: Lexicon): string {
  const nouns = rule.map((predicate) => noun(predicate, lexicon)).filter((words) => words !== null);
  const places = rule.map((predicate) => place(predicate, lexicon)).filter((words) => words !== null);
  return [nouns.length === 0 ? 'tokens' : nouns.join(' that are '), ...places].join(' ');
}

const families: Readonly<Record<Predicate['kind'], (typeof roleFamilies)[number]>> = {
  current: 'token', previous: 'previous token', topic: 'topic', class: 'word form', suffix: 'word form', position: 'position', repeated: 'induction',
};

/** The role family that a rule speaks of: that of its first predicate. */
export function ruleFamily([first]: Rule): (typeof roleFamilies)[number] {
  if (first === undefined) return 'other';
  if (first.kind !== 'class') return families[first.kind];
  return ({ digits: 'number', capitalised: 'name', capitals: 'name', punctuation: 'punctuation', 'line break': 'punctuation', special: 'other' } as const)[first.name];
}
