/** Ranking for the palette: every word of the query must be found; starts of words and early places come first, scattered letters last. Pure. */

export interface Match {
  /** Higher is better. */
  readonly score: number;
  /** The characters of the text that were found, ascending: to be shown. */
  readonly at: readonly number[];
}

/** How the words of `query` are found in `text`, or null when one is not. An empty query finds everything. */
export function findMatch(text: string, query: string): Match | null {
  const lower = text.toLowerCase();
  const at = new Set<number>();
  let score = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter((part) => part !== '')) {
    const found = findWord(lower, word) ?? findLetters(lower, word);
    if (found === null) return null;
    score += found.score;
    for (const place of found.at) at.add(place);
  }
  return { score, at: [...at].sort((a, b) => a - b) };
}

/** Higher is better; null when a word is missing. */
export function matchScore(text: string, query: string): number | null {
  return findMatch(text, query)?.score ?? null;
}

/** The word as it stands, best at the start of a word. */
function findWord(lower: string, word: string): Match | null {
  const anywhere = lower.indexOf(word);
  if (anywhere < 0) return null;
  const started = new RegExp(`(?<![\\p{L}\\p{N}])${escapePattern(word)}`, 'u').exec(lower)?.index ?? -1;
  const from = started >= 0 ? started : anywhere;
  return { score: (started >= 0 ? 100 : 40) - Math.min(30, from), at: Array.from({ length: word.length }, (_, i) => from + i) };
}

/**
 * The word's letters in order: the first letters of words ("stl" finds "Switch To Light"), else from the start of one word on. One
 * letter is no word, and letters spread over more than four times their number are found by chance.
 */
function findLetters(lower: string, word: string): Match | null {
  if (word.length < 2) return null;
  const starts = [...lower.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map((found) => found.index);
  const initials = lettersAmong(lower, word, starts);
  if (initials !== null) return { score: 30, at: initials };
  for (const start of starts) {
    const at = lower[start] === word[0] ? lettersAmong(lower, word, Array.from({ length: lower.length - start }, (_, i) => start + i)) : null;
    const span = at === null ? Infinity : at.at(-1)! - start + 1;
    if (at !== null && span <= word.length * 4 + 4) return { score: Math.max(1, 20 - (span - word.length)), at };
  }
  return null;
}

/** Where the letters of `word` stand among these places of the text, in order; null when they do not. */
function lettersAmong(lower: string, word: string, places: readonly number[]): number[] | null {
  const at: number[] = [];
  for (const place of places) if (at.length < word.length && lower[place] === word[at.length]) at.push(place);
  return at.length === word.length ? at : null;
}

/** A text cut into runs that were found and runs that were not. */
export function markRuns(text: string, at: readonly number[]): { readonly text: string; readonly found: boolean }[] {
  const found = new Set(at);
  const runs: { text: string; found: boolean }[] = [];
  for (let i = 0; i < text.length; i++) {
    const last = runs.at(-1);
    if (last !== undefined && last.found === found.has(i)) last.text += text[i]!;
    else runs.push({ text: text[i]!, found: found.has(i) });
  }
  return runs;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
