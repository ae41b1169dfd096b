/** A dictionary's decoder with gradient pursuit in place of its encoder, at the encoder's own number of latents in each row. */
import type { Dictionary, SparseCodes } from '../sae/dictionary.ts';
import { gradientPursuit } from './gradient-pursuit.ts';

/** Latents that are not 0 in each row, [rows]. */
export function rowCounts({ rows, width, values }: SparseCodes): number[] {
  return Array.from({ length: rows }, (_, row) => {
    let count = 0;
    for (let slot = row * width; slot < (row + 1) * width; slot++) if (values[slot] !== 0) count++;
    return count;
  });
}

/** codes times decoder rows plus bias, float32 [rows, d], in float64 sums. */
export function decodeCodes({ rows, width, indices, values }: SparseCodes, wDec: Float32Array, bDec: Float32Array): Float32Array {
  const d = bDec.length;
  const out = new Float32Array(rows * d);
  const sum = new Float64Array(d);
  for (let row = 0; row < rows; row++) {
    sum.set(bDec);
    for (let slot = row * width; slot < (row + 1) * width; slot++) {
      const value = values[slot]!;
      if (value === 0) continue;
      const at = indices[slot]! * d;
      for (let i = 0; i < d; i++) sum[i]! += value * wDec[at + i]!;
    }
    out.set(sum, row * d);
  }
  return out;
}

/** `reconstruct` by pursuit: x float32 [rows, d] -> float32 [rows, d]. The dictionary must reconstruct its input. */
export function pursuitReconstruction(dictionary: Dictionary): (x: Float32Array, rows: number) => Float32Array {
  const { wDec, bDec, dSae } = dictionary;
  return (x, rows) => {
    const targets = x.map((value, i) => value - bDec[i % bDec.length]!);
    return decodeCodes(gradientPursuit(targets, rows, wDec, dSae, rowCounts(dictionary.encode(x, rows))), wDec, bDec);
  };
}
