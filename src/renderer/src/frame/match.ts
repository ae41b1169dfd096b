/** Ranking for the palette: every word of the query must occur; starts of words and early places come first. Pure. */

/** Higher is better; null when a word is missing. */
export function matchScore(text: string, query: string): number | null {
  const lower = text.toLowerCase();
  let score = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter((part) => part !== '')) {
    const at = lower.indexOf(word);
    if (at < 0) return null;
    const start = lower.search(new RegExp(`(^|[^\\p{L}\\p{N}])${escapePattern(word)}`, 'u'));
    score += (start >= 0 ? 100 : 40) - Math.min(30, start >= 0 ? start : at);
  }
  return score;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
