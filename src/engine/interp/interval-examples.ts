/** Random firings out of each interval of a feature's activations, at most one a document, strongest first. */
import type { Random } from '../random.ts';
import { intervalOf } from './feature-figures.ts';

/** Places in `values` by interval, rising. */
function placesByInterval(values: Float32Array, max: number, counts: Int32Array): Int32Array[] {
  const places = Array.from(counts, (count) => new Int32Array(count));
  const next = new Int32Array(counts.length);
  for (let i = 0; i < values.length; i++) {
    const interval = intervalOf(values[i]!, max, counts.length);
    places[interval]![next[interval]!++] = i;
  }
  return places;
}

/** Draws from `places` without replacement (it is shuffled as far as needed) until `n` documents are found. */
function draw(places: Int32Array, documentOf: (firing: number) => number, n: number, random: Random): number[] {
  const documents = new Set<number>();
  const drawn: number[] = [];
  for (let i = 0; i < places.length && drawn.length < n; i++) {
    const j = i + random.integer(places.length - i);
    [places[i], places[j]] = [places[j]!, places[i]!];
    const document = documentOf(places[i]!);
    if (documents.has(document)) continue;
    documents.add(document);
    drawn.push(places[i]!);
  }
  return drawn;
}

/**
 * For each interval (highest first) up to `n` firings drawn uniformly from it, at most one a document within the interval.
 * `counts` int32 [intervals] are the firings by interval. The draw depends on `random` alone.
 */
export function intervalFirings(
  values: Float32Array, max: number, counts: Int32Array, documentOf: (firing: number) => number, n: number, random: Random,
): number[][] {
  if (n === 0 || values.length === 0) return Array.from(counts, () => []);
  return placesByInterval(values, max, counts).map((places) => draw(places, documentOf, n, random).sort((a, b) => values[b]! - values[a]! || a - b));
}
