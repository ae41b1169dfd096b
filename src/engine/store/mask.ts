/** Which rows of a store count in training and evaluation (metrics.md §1, "Tokens counted"). */
import type { StoreManifest } from './types.ts';

/**
 * 1 where a row counts: not position 0 of its context, not a special token and, where attention was isolated, not the first
 * token of a document, which attends to nothing else either; nor padding, of a negative document. tokens, documents int32 [contexts * contextLength] -> uint8 of that length.
 */
export function rowMask(manifest: Pick<StoreManifest, 'contextLength' | 'specialTokenIds' | 'isolate'>, tokens: Int32Array, documents: Int32Array): Uint8Array {
  const { contextLength, isolate } = manifest;
  const special = new Set(manifest.specialTokenIds);
  const mask = new Uint8Array(tokens.length);
  for (let row = 0; row < tokens.length; row++) {
    const first = row % contextLength === 0 || (isolate && documents[row] !== documents[row - 1]);
    mask[row] = first || documents[row]! < 0 || special.has(tokens[row]!) ? 0 : 1;
  }
  return mask;
}
