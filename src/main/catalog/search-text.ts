/** What a user types as an FTS5 query, and where its words stand in a text. */

/** Marks (accents) are dropped and case is folded, as `unicode61 remove_diacritics 2` does. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{Mn}+/gu, '').toLowerCase();
}

export interface SearchTerm {
  /** Words that must stand side by side; mostly one. */
  readonly words: readonly string[];
  readonly prefix: boolean;
}

/**
 * `move "hot dog" crim*` as terms: words, phrases in quotes, beginnings with a star. Whatever else FTS5 would read as syntax is
 * only a separator. With `lastIsPrefix` the last word counts as a beginning (search while typing).
 */
export function parseSearch(text: string, lastIsPrefix: boolean): SearchTerm[] {
  const terms: SearchTerm[] = [];
  for (const [, phrase, bare] of text.normalize('NFC').matchAll(/"([^"]*)"?|([^\s"]+)/gu)) {
    const words = (phrase ?? bare ?? '').split(/[^\p{L}\p{N}\p{Co}\p{M}]+/u).filter((word) => word !== '');
    if (words.length > 0) terms.push({ words, prefix: phrase === undefined && (bare ?? '').endsWith('*') });
  }
  const last = terms.at(-1);
  if (lastIsPrefix && last !== undefined && /[\p{L}\p{N}]$/u.test(text)) terms[terms.length - 1] = { ...last, prefix: true };
  return terms.slice(0, 32);
}

/** The FTS5 query for all of `terms`; null when there are none. Every word is quoted, so that no word is an operator. */
export function ftsQuery(terms: readonly SearchTerm[]): string | null {
  if (terms.length === 0) return null;
  return terms.map(({ words, prefix }) => `"${words.join(' ')}"${prefix ? '*' : ''}`).join(' AND ');
}

interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\p{L}\p{N}\p{Co}\p{M}]+/gu)].map((match) => ({ text: fold(match[0]), start: match.index, end: match.index + match[0].length }));
}

function matchesAt(words: readonly Word[], at: number, term: SearchTerm): boolean {
  const folded = term.words.map(fold);
  return folded.every((word, i) => {
    const there = words[at + i]?.text;
    if (there === undefined) return false;
    return term.prefix && i === folded.length - 1 ? there.startsWith(word) : there === word;
  });
}

/** [start, end) character ranges of `text` that a term matches, in order and without overlap. */
export function marksIn(text: string, terms: readonly SearchTerm[]): [number, number][] {
  const words = wordsOf(text);
  const marks: [number, number][] = [];
  for (let i = 0; i < words.length; i++) {
    const term = terms.find((candidate) => matchesAt(words, i, candidate));
    if (term === undefined) continue;
    marks.push([words[i]!.start, words[i + term.words.length - 1]!.end]);
    i += term.words.length - 1;
  }
  return marks;
}

/** A stretch of about `width` characters around the first mark, cut at spaces, with the marks that lie in it. */
export function snippetOf(text: string, terms: readonly SearchTerm[], width = 160): { snippet: string; marks: [number, number][] } {
  const marks = marksIn(text, terms);
  const centre = marks[0]?.[0] ?? 0;
  let start = Math.max(0, Math.min(centre - Math.floor(width / 3), text.length - width));
  let end = Math.min(text.length, start + width);
  const space = text.indexOf(' ', start);
  if (start > 0 && space >= 0 && space < centre) start = space + 1;
  const lastSpace = text.lastIndexOf(' ', end);
  if (end < text.length && lastSpace > Math.max(centre, marks[0]?.[1] ?? 0)) end = lastSpace;
  const head = start > 0 ? '… ' : '';
  const inside = marks.filter(([from, to]) => from >= start && to <= end);
  return {
    snippet: `${head}${text.slice(start, end)}${end < text.length ? ' …' : ''}`,
    marks: inside.map(([from, to]) => [from - start + head.length, to - start + head.length]),
  };
}
