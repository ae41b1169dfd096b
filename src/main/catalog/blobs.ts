/**
 * The blobs of a catalog, little-endian (docs/file-formats.md):
 *
 *     contexts.tokens             int32 [context length]
 *     contexts.documents          int32 [runs, 2]: first position, document number
 *     feature_details.histogram   uint32 [50]
 *     feature_details.bins        uint32 [5]: firings by fifth of (0, max], highest fifth first
 *     feature_details.logits      int32 ids [2, n] then float32 values [2, n]: strongest up, then strongest down
 *     feature_details.neighbours  int32 indices [n], then float32 cosines [n]
 *     examples.activations        uint8 [window], in steps of maximum / 255; int8 in steps of maximum / 127 where features.min is below 0
 *     feature_extras.*_histogram  uint32 [50], or nothing
 *     feature_extras.negative_bins  uint32 [5]: firings below 0 by fifth of (0, |min|], highest first, or nothing
 *     feature_extras.heads        float32 [heads], or nothing
 *     feature_extras.aligned, neurons, correlated   int32 ids [n], then float32 values [n]
 *     feature_extras.cooccurring  int32 indices [n], then int32 counts [n]
 *     embeddings.vector           float32 scale, then int8 [dim]: the direction is scale * int8
 *     maps.points                 float32 [features, 2]
 */
import { LoupeError } from '../../shared/errors.ts';

export const limits = {
  contextTokens: 1 << 20,
  window: 4096,
  histogramBins: 1000,
  groups: 100,
  effects: 1000,
  heads: 1024,
  provenance: 1_000_000,
  label: 2000,
  notes: 20_000,
  author: 200,
  family: 100,
  listName: 200,
  scorer: 100,
  judge: 200,
  details: 100_000,
} as const;

/** The bytes of a typed array, without a copy. */
export function bytesOf(array: Int32Array | Uint32Array | Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** An aligned copy of bytes, as int32. */
export function asInt32(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}

export function asUint32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

export function asFloat32(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.slice().buffer);
}

/** Ids (int32 [n]) followed by values (float32 [n]). */
export function packPairs(ids: Int32Array, values: Float32Array): Uint8Array {
  if (ids.length !== values.length) throw new LoupeError('defect', `${ids.length} ids and ${values.length} values`);
  const out = new Uint8Array(ids.byteLength + values.byteLength);
  out.set(bytesOf(ids));
  out.set(bytesOf(values), ids.byteLength);
  return out;
}

export function unpackPairs(bytes: Uint8Array): { readonly ids: Int32Array; readonly values: Float32Array } {
  const { buffer } = bytes.slice();
  const n = Math.floor(bytes.byteLength / 8);
  return { ids: new Int32Array(buffer, 0, n), values: new Float32Array(buffer, 4 * n, n) };
}

/** Ids (int32 [n]) followed by counts (int32 [n]). */
export function packCounts(ids: Int32Array, counts: Int32Array): Uint8Array {
  if (ids.length !== counts.length) throw new LoupeError('defect', `${ids.length} ids and ${counts.length} counts`);
  const out = new Uint8Array(ids.byteLength + counts.byteLength);
  out.set(bytesOf(ids));
  out.set(bytesOf(counts), ids.byteLength);
  return out;
}

export function unpackCounts(bytes: Uint8Array): { readonly ids: Int32Array; readonly counts: Int32Array } {
  const { buffer } = bytes.slice();
  const n = Math.floor(bytes.byteLength / 8);
  return { ids: new Int32Array(buffer, 0, n), counts: new Int32Array(buffer, 4 * n, n) };
}

/** The document of each of `length` positions, out of its runs. */
export function expandDocuments(runs: Int32Array, length: number): Int32Array {
  const out = new Int32Array(length);
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const end = i + 2 < runs.length ? runs[i + 2]! : length;
    out.fill(runs[i + 1]!, Math.max(0, runs[i]!), Math.max(0, Math.min(end, length)));
  }
  return out;
}

/** The inverse: runs of (first position, document). */
export function packDocuments(documents: Int32Array): Int32Array {
  const runs: number[] = [];
  for (let i = 0; i < documents.length; i++) if (i === 0 || documents[i] !== documents[i - 1]) runs.push(i, documents[i]!);
  return Int32Array.from(runs);
}

/** Steps of an example's activations up to its maximum: uint8 for a feature that only fires above 0, int8 for one with both signs. */
export function steps(signed: boolean): number {
  return signed ? 127 : 255;
}

/**
 * Activations [window] of one feature in steps of `maximum / steps`, rounded to nearest; a firing is never rounded to nothing. Where the feature
 * fires below 0 too (`signed`), the bytes are int8.
 */
export function quantise(activations: Float32Array, maximum: number, signed = false): Uint8Array {
  const out = new Int8Array(activations.length);
  const most = steps(signed);
  if (!(maximum > 0)) return new Uint8Array(out.buffer);
  for (let i = 0; i < out.length; i++) {
    const value = activations[i]!;
    if (value === 0 || (value < 0 && !signed)) continue;
    out[i] = Math.sign(value) * Math.min(most, Math.max(1, Math.round((most * Math.abs(value)) / maximum)));
  }
  return new Uint8Array(out.buffer);
}

/** The inverse, float32 [window], to half a step. */
export function dequantise(bytes: Uint8Array, maximum: number, signed: boolean): Float32Array {
  const out = new Float32Array(bytes.length);
  dequantiseInto(out, 0, bytes, bytes.length, maximum, signed);
  return out;
}

/** The first `n` of `bytes` as activations, into `out` from `at`. */
export function dequantiseInto(out: Float32Array, at: number, bytes: Uint8Array, n: number, maximum: number, signed: boolean): void {
  const step = maximum / steps(signed);
  for (let i = 0; i < n; i++) {
    const byte = bytes[i]!;
    out[at + i] = (signed && byte > 127 ? byte - 256 : byte) * step;
  }
}
