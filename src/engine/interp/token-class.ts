/** What a token is, by its text alone: the same word is a `word` with a leading space and a `suffix` without one, wherever it stands. */
import { tokenClasses } from '../../shared/schema/catalog.ts';
import type { TokenClass } from '../../shared/schema/catalog.ts';

/**
 * The first of these that fits the text, as the model sees it (a leading space kept, bytes that are no text as \xNN):
 * special; whitespace (nothing else, newlines included); digit (with the signs that numbers carry inside); punctuation (with symbols);
 * capitalised (letters, the first one large); word (letters after a space); suffix (letters without a space before); other.
 */
export function tokenClass(text: string, special: boolean): TokenClass {
  if (special) return 'special';
  const bare = text.trim();
  if (bare === '') return 'whitespace';
  if (/^[\p{N}.,]*\p{N}[\p{N}.,]*$/u.test(bare)) return 'digit';
  if (/^[\p{P}\p{S}]+$/u.test(bare)) return 'punctuation';
  if (!/^\p{L}[\p{L}\p{M}'’-]*$/u.test(bare)) return 'other';
  if (/^[\p{Lu}\p{Lt}]/u.test(bare)) return 'capitalised';
  return /^\s/.test(text) ? 'word' : 'suffix';
}

/** The class that more than half of `classes` are, as its place in tokenClasses + 1; 0 where there is none. */
export function majority(classes: readonly TokenClass[]): number {
  for (const [place, name] of tokenClasses.entries()) if (2 * classes.filter((one) => one === name).length > classes.length) return place + 1;
  return 0;
}
