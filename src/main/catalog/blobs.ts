/**
 * The blobs of a catalog, little-endian (docs/file-formats.md):
 *
 *     contexts.tokens             int32 [context length]
 *     contexts.documents          int32 [runs, 2]: first position, document number
 *     feature_details.histogram   uint32 [50]
 *     feature_details.bins        uint32 [5]: firings by fifth of (0, max], highest fifth first
 *     feature_details.logits      int32 ids [2, n] then float32 values [2, n]: strongest up, then strongest down
 *     feature_details.neighbours  int32 indices [n], then float32 cosines [n]
 *     examples.activations        uint8 [window], in steps of maximum / 255
 */
import { LoupeError } from '../../shared/errors.ts';

export const limits = {
  contextTokens: 1 << 20,
  window: 4096,
  histogramBins: 1000,
  groups: 100,
  effects: 1000,
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

/** Activations [window] of one feature as steps of `maximum / 255`, rounded to nearest; a firing is never rounded to nothing. */
export function quantise(activations: Float32Array, maximum: number): Uint8Array {
  const out = new Uint8Array(activations.length);
  if (!(maximum > 0)) return out;
  for (let i = 0; i < out.length; i++) {
    const value = activations[i]!;
    if (value > 0) out[i] = Math.min(255, Math.max(1, Math.round((255 * value) / maximum)));
  }
  return out;
}
