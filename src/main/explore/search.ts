/** Searching features by words and by meaning as one list: what the words found first, best first, then what means much the same. */
import type { ExploreHit } from '../../shared/schema/explore.ts';
import type { SearchHit } from '../../shared/schema/catalog.ts';
import type { MeaningHit } from '../catalog/meaning.ts';

/** Below this cosine a text says something else; unrelated short texts have about 0 to 0.2 with the encoders that serve here. */
export const leastCosine = 0.25;

/** At most `limit` hits, each feature once. */
export function mergeHits(words: readonly SearchHit[], meanings: readonly MeaningHit[], limit: number): ExploreHit[] {
  const cosines = new Map(meanings.map(({ feature, cosine }) => [feature, cosine]));
  const found = words.flatMap(({ index, label, snippet, marks }): ExploreHit[] =>
    (index === null ? [] : [{ index, label, text: snippet, marks, match: 'words', cosine: cosines.get(index) ?? null }]));
  const known = new Set(found.map(({ index }) => index));
  const near = meanings.filter(({ feature, cosine }) => !known.has(feature) && cosine >= leastCosine).map(({ feature, label, words: text, cosine }): ExploreHit =>
    ({ index: feature, label, text: label ?? text, marks: [], match: 'meaning', cosine }));
  return [...found, ...near].slice(0, limit);
}
