/** Which features of two catalogs fire at the same places: from their examples alone, by the texts of contexts and the peaks in them. */
import { createHash } from 'node:crypto';
import { withForeign } from './foreign.ts';
import type { ReadHandle } from './handle.ts';
import { requireSource } from './reading.ts';
import { exampleContextTokens, examplePeaks } from './tables/compare.ts';
import { vocabularyOf } from './vocabulary.ts';

export interface OverlapSide {
  readonly path: string;
  readonly source: number;
  readonly openHere: boolean;
}

/** For each feature the feature of the other side with the largest Jaccard index of places (-1: none), and that index. */
export interface Overlap {
  readonly a: { readonly at: number[]; readonly value: number[] };
  readonly b: { readonly at: number[]; readonly value: number[] };
}

/** Places of one source: feature -> ids of places. Equal texts with equal peaks are one place, in whatever file. */
type Places = readonly (readonly number[])[];

/** Told how far a comparison is, a share from 0 to 1. */
export type ShareDone = (share: number) => void;
/** Features, or contexts, between two reports. */
const chunk = 256;

/** Numbers for places, shared by both sides. */
class PlaceIds {
  readonly #ids = new Map<string, number>();

  id(context: string, peak: number): number {
    const key = `${context}/${peak}`;
    let id = this.#ids.get(key);
    if (id === undefined) this.#ids.set(key, id = this.#ids.size);
    return id;
  }
}

function placesOf(db: ReadHandle, source: number, ids: PlaceIds, report: ShareDone): Places {
  const { model, features } = requireSource(db, source);
  const vocabulary = vocabularyOf(db, model);
  const hashes = new Map<number, string>();
  const contexts = [...exampleContextTokens(db, source)];
  contexts.forEach(({ id, tokens }, i) => {
    if (i % chunk === 0) report(i / contexts.length);
    hashes.set(id, createHash('sha256').update(vocabulary.plainText(tokens)).digest('base64').slice(0, 22));
  });
  const places: number[][] = Array.from({ length: features }, () => []);
  for (const { feature, context, peak } of examplePeaks(db, source)) places[feature]?.push(ids.id(hashes.get(context) ?? `${context}`, peak));
  return places.map((list) => [...new Set(list)]);
}

/** The nearest of b for each feature of a: |common places| / |places of either|. Ties: the lower index. */
export function nearestByPlaces(a: Places, b: Places, report: ShareDone = () => {}): Overlap['a'] {
  const featuresAt = new Map<number, number[]>();
  b.forEach((list, feature) => list.forEach((place) => {
    const known = featuresAt.get(place);
    if (known === undefined) featuresAt.set(place, [feature]);
    else known.push(feature);
  }));
  const [at, value]: [number[], number[]] = [[], []];
  for (const [i, list] of a.entries()) {
    if (i % chunk === 0) report(i / a.length);
    const common = new Map<number, number>();
    for (const place of list) for (const feature of featuresAt.get(place) ?? []) common.set(feature, (common.get(feature) ?? 0) + 1);
    let [best, share] = [-1, 0];
    for (const [feature, n] of common) {
      const jaccard = n / (list.length + b[feature]!.length - n);
      if (jaccard > share || (jaccard === share && feature < best)) [best, share] = [feature, jaccard];
    }
    at.push(best);
    value.push(Number(share.toFixed(5)));
  }
  return { at, value };
}

/** Compares two sources, of two catalogs or of one. `report` hears of its four parts in turn, each a quarter. Kinds: not-found, and those of opening. */
export function exampleOverlap(a: OverlapSide, b: OverlapSide, report: ShareDone = () => {}): Overlap {
  const ids = new PlaceIds();
  const quarter = (part: number): ShareDone => (share) => report((part + share) / 4);
  const read = ({ path, source, openHere }: OverlapSide, part: number): Places => withForeign(path, openHere, (db) => db.snapshot(() => placesOf(db, source, ids, quarter(part))));
  const [placesA, placesB] = [read(a, 0), read(b, 1)];
  const overlap = { a: nearestByPlaces(placesA, placesB, quarter(2)), b: nearestByPlaces(placesB, placesA, quarter(3)) };
  report(1);
  return overlap;
}
