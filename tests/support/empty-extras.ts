/** Extras of `n` features of which nothing is known, for tests of the files and tables around them. */
import type { ChunkExtras } from '../../src/engine/interp/build-files.ts';
import type { FeatureExtras } from '../../src/main/catalog/tables/feature-extras.ts';

export function emptyExtras(n: number): ChunkExtras {
  const floats = (): Float32Array => new Float32Array(n);
  const none = { int: new Int32Array(0), float: new Float32Array(0) };
  return {
    min: floats(), tokenClass: new Uint8Array(n), negativeLow: floats(), negativeHigh: floats(), negativeHistogram: new Int32Array(n * 50), negativeBins: new Int32Array(n * 5),
    logitLow: floats(), logitHigh: floats(), logitHistogram: none.int, weightLow: floats(), weightHigh: floats(), weightNorm: floats(), weightL1: floats(),
    weightHistogram: new Int32Array(n * 50), heads: none.float, alignedIds: none.int, alignedValues: none.float, neuronIds: none.int, neuronValues: none.float,
    correlatedIds: none.int, correlatedValues: none.float, cooccurringIds: none.int, cooccurringCounts: none.int,
  };
}

/** Extras of one feature of the small catalog: two dimensions, no heads, feature 1 beside it. */
export function smallExtras(changes: Partial<FeatureExtras> = {}): FeatureExtras {
  const pairs = (ids: number[], values: number[]) => ({ ids: Int32Array.from(ids), values: Float32Array.from(values) });
  return {
    logits: { low: -0.5, high: 0.5, counts: Uint32Array.of(1, 2, 1) }, weights: { low: -3, high: 4, counts: Uint32Array.of(1, 1) }, norm: 5, l1: 7, heads: new Float32Array(0),
    aligned: pairs([1, 0], [4, -3]), neurons: pairs([1], [0.5]), correlated: pairs([1], [0.25]), cooccurring: { ids: Int32Array.of(1), counts: Int32Array.of(1) },
    negative: { low: 0, high: 0, counts: new Uint32Array(0) }, negativeBins: new Uint32Array(0), ...changes,
  };
}
