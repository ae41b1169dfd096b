/** How many known features a dictionary found (sae-variants.md section 0). */
import { unitRows } from '../parts.ts';

export interface Recovery {
  /** Share of true rows whose best cosine is above `threshold`. */
  readonly frr: number;
  /** Mean over true rows of the best cosine. */
  readonly mmcs: number;
}

/**
 * How well the rows of `learned` float32 [n, d] match those of `truth` float32 [n0, d] (FRR and MMCS of sae-variants.md section 0).
 * `signed`: a row and its negative are the same feature.
 */
export function featureRecovery(truth: Float32Array, learned: Float32Array, d: number, threshold = 0.9, signed = false): Recovery {
  const unit = unitRows(learned.slice(), learned.length / d, d);
  const n0 = truth.length / d;
  let [found, sum] = [0, 0];
  for (let a = 0; a < n0; a++) {
    let best = -1;
    for (let b = 0; b < unit.length; b += d) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += truth[a * d + i]! * unit[b + i]!;
      best = Math.max(best, signed ? Math.abs(dot) : dot);
    }
    found += Number(best > threshold);
    sum += best;
  }
  return { frr: found / n0, mmcs: sum / n0 };
}
