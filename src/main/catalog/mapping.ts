/** Maps of a source's features, and the classes by which their points are coloured. */
import { LoupeError } from '../../shared/errors.ts';
import type { Classing } from '../../shared/schema/explore.ts';
import type { ReadHandle, WriteHandle } from './handle.ts';
import { requireSource } from './reading.ts';
import { classColumn, neighbourRows } from './tables/feature-scans.ts';
import { mapNames, mapOf, putMap } from './tables/maps.ts';
import type { MapRow } from './tables/maps.ts';

/** The map of a source, or null. */
export function readMap(db: ReadHandle, input: { readonly source: number; readonly kind: string }): MapRow | null {
  return db.snapshot(() => {
    const { id, features } = requireSource(db, input.source);
    const found = mapOf(db, id, input.kind);
    if (found !== null && found.points.length !== 2 * features) throw new LoupeError('bad-file', `${db.path}: the map of source ${id} has ${found.points.length / 2} points for ${features} features. \`loupe catalog verify\` says more.`);
    return found;
  });
}

/** Whether a source has a map of this kind, without reading it. */
export function hasMap(db: ReadHandle, input: { readonly source: number; readonly kind: string }): boolean {
  return mapNames(db).some(({ source, kind }) => source === input.source && kind === input.kind);
}

/** Stores a map in the place of the one of its kind. Kind mismatch where it is not one point a feature. */
export function addMap(db: WriteHandle, input: MapRow): null {
  return db.transaction(() => {
    const { features } = requireSource(db, input.source);
    if (input.points.length !== 2 * features) throw new LoupeError('mismatch', `the map has ${input.points.length / 2} points for ${features} features.`);
    putMap(db, input);
    return null;
  });
}

export interface NeighbourGraph {
  /** Neighbours of each feature: the fewest that any feature has. */
  readonly k: number;
  /** int32 [features, k] */
  readonly ids: Int32Array;
  /** float32 [features, k], falling */
  readonly cosines: Float32Array;
}

/** The neighbours that a build stored, for a map without the dictionary. Kind not-found where it stored none, or not of every feature. */
export function neighbourGraph(db: ReadHandle, input: { readonly source: number }): NeighbourGraph {
  return db.snapshot(() => {
    const { id, features } = requireSource(db, input.source);
    let k = 0;
    let [ids, cosines] = [new Int32Array(0), new Float32Array(0)];
    let n = 0;
    for (const row of neighbourRows(db, id)) {
      if (n === 0) {
        k = row.ids.length;
        [ids, cosines] = [new Int32Array(features * k), new Float32Array(features * k)];
      }
      if (k === 0 || row.index !== n || row.ids.length !== k) break;
      ids.set(row.ids, n * k);
      cosines.set(row.values, n * k);
      n++;
    }
    if (n < features || features === 0) throw new LoupeError('not-found', `source ${id} does not hold the neighbours of each feature. Build it again with neighbours, or link its dictionary.`);
    return { k, ids, cosines };
  });
}

export interface FeatureClasses {
  /** Names of the classes, the largest first; at most 12, the rest is `other`. */
  readonly names: readonly string[];
  /** int32 [features]: the place of each feature's class in `names`, -1 for none. */
  readonly classes: Int32Array;
}

const mostClasses = 12;

/** The class of each feature. */
export function featureClasses(db: ReadHandle, input: { readonly source: number; readonly by: Classing }): FeatureClasses {
  return db.snapshot(() => {
    const { id, features } = requireSource(db, input.source);
    const values = classColumn(db, id, features, input.by);
    const counts = new Map<string, number>();
    for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    const order = [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
    const names = order.length <= mostClasses ? order : [...order.slice(0, mostClasses - 1), 'other'];
    const place = new Map(order.map((name, i) => [name, Math.min(i, names.length - 1)]));
    return { names, classes: Int32Array.from(values, (value) => (value === null ? -1 : place.get(value)!)) };
  });
}
