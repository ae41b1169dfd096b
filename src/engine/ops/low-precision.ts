/**
 * The TopK encoder by a product in bfloat16 or int8 (native/src/encode-top-k-op.cc, docs/kernels.md): it only nominates latents, and
 * what is kept is computed in float32, so that values and gradients are exact given the selection.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { executeNative, hasNative } from '../backend/native-binding.ts';
import { scoped } from './scope.ts';
import type { TopKCodes } from './top-k.ts';

/**
 * How latents are chosen. `f32`: as float32 chooses them. `bf16`: among the k + max(4, k/8) best of a bfloat16 product. `int8`: among the
 * k + 32 best of an int8 product.
 */
export type Precision = (typeof precisions)[number];

/** From the exact one to the fastest. */
export const precisions = ['f32', 'bf16', 'int8'] as const;

/** What computes a low-precision product here: nothing, AVX512-BF16 or AVX512-VNNI, or AMX tiles. */
export type EncodeTier = 'none' | 'avx512' | 'amx';

const tiers: readonly EncodeTier[] = ['none', 'avx512', 'amx'];
const known = new Map<Precision, EncodeTier>();
/** Packing the encoder costs about as much as the plain product of this many rows. */
const leastRows = 128;
/** Of the native kernel. */
const largestK = 1024;

/** The processor's best for a precision; f32 has that of bf16. */
export function encodeTier(precision: Precision): EncodeTier {
  if (!hasNative('LoupeEncodeTier')) return 'none';
  let tier = known.get(precision);
  if (tier === undefined) {
    tier = tiers[scoped(() => executeNative('LoupeEncodeTier', { precision: { string: precision } }, [], 1)[0]!.dataSync()[0]!)]!;
    known.set(precision, tier);
  }
  return tier;
}

/** The precision that is used where one is asked for: the next better one where the processor has no such product. */
export function usablePrecision(precision: Precision): Precision {
  if (precision === 'int8' && encodeTier('int8') === 'none') return usablePrecision('bf16');
  return precision === 'bf16' && encodeTier('bf16') === 'none' ? 'f32' : precision;
}

/** Whether the packed product is the way to encode a batch of this shape. */
export function packedPays(rows: number, k: number, precision: Precision): boolean {
  return rows >= leastRows && k <= largestK && encodeTier(precision) !== 'none';
}

/**
 * Codes of TopK(ReLU(centred wEnc^T + bEnc)); see `encodeTopK`. Any shape, on a processor that has the product.
 *
 * @param centred float32 [rows, dIn]
 * @param wEnc float32 [dSae, dIn]
 * @param bEnc float32 [dSae]
 */
export function packedEncode(centred: Tensor2D, wEnc: Tensor2D, bEnc: Tensor1D, k: number, precision: Precision): TopKCodes {
  const [values, indices] = executeNative('LoupeEncodeTopK', { k: { int: k }, precision: { string: precision } }, [centred, wEnc, bEnc], 2);
  return { values: values as Tensor2D, indices: indices as Tensor2D };
}

/** Share of the entries of `exact` that `codes` has too, both [rows, k]; 1 where there are none. */
export function recallOf(codes: TopKCodes, exact: TopKCodes): number {
  const [rows, k] = exact.values.shape;
  const [have, haveAt] = [codes.values.dataSync<'float32'>(), codes.indices.dataSync<'int32'>()];
  const [want, wantAt] = [exact.values.dataSync<'float32'>(), exact.indices.dataSync<'int32'>()];
  let [wanted, found] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const chosen = new Set<number>();
    for (let slot = row * k; slot < (row + 1) * k; slot++) if (have[slot]! > 0) chosen.add(haveAt[slot]!);
    for (let slot = row * k; slot < (row + 1) * k; slot++) {
      if (!(want[slot]! > 0)) continue;
      wanted++;
      if (chosen.has(wantAt[slot]!)) found++;
    }
  }
  return wanted === 0 ? 1 : found / wanted;
}
