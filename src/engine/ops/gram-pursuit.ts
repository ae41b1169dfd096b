/**
 * Matching pursuit of single rows on plain arrays: correlations with all atoms are updated by rows of the atoms' Gram matrix, so that a step
 * costs one pass over the atoms. The dictionary may grow between two rows, which tensors cannot. Its readable twin is ops/matching-pursuit.ts.
 */
import type { Gram } from './orthogonal-pursuit.ts';

/** How far a pursuit goes. */
export interface PursuitLimits {
  /** Steps at most. */
  readonly steps: number;
  /** The row stops once the squared norm of its residual is at or below this. */
  readonly limit: number;
}

/** What was chosen, written to by `gramPursuit`. */
export interface PursuitRecord {
  /** int32 [steps] */
  readonly atoms: Int32Array;
  /** float64 [steps] */
  readonly coefficients: Float64Array;
  /** Steps taken. */
  taken: number;
  /** Squared norm of the residual. */
  error: number;
}

/** Room for the choices of `steps` steps. */
export function pursuitRecord(steps: number): PursuitRecord {
  return { atoms: new Int32Array(steps), coefficients: new Float64Array(steps), taken: 0, error: 0 };
}

/**
 * Takes atoms by the largest |correlation|, with signs. Atoms have norm 1, so each takes the square of its coefficient from the error.
 *
 * @param correlations inner products of x with the first `count` atoms, float32 [>= count]; overwritten
 * @param square squared norm of x
 */
export function gramPursuit(correlations: Float32Array, count: number, { values, stride }: Gram, square: number, { steps, limit }: PursuitLimits, out: PursuitRecord): void {
  out.taken = 0;
  out.error = square;
  let best = largest(correlations, count);
  while (out.taken < steps && out.error > limit && best >= 0) {
    const coefficient = correlations[best]!;
    out.atoms[out.taken] = best;
    out.coefficients[out.taken++] = coefficient;
    out.error = Math.max(0, out.error - coefficient * coefficient);
    if (out.taken === steps || out.error <= limit) return;
    const at = best * stride;
    let size = 0;
    best = -1;
    for (let j = 0; j < count; j++) {
      const left = (correlations[j] = correlations[j]! - coefficient * values[at + j]!);
      const now = left < 0 ? -left : left;
      if (now > size) {
        size = now;
        best = j;
      }
    }
  }
}

/** -1 where all are 0. */
function largest(correlations: Float32Array, count: number): number {
  let [best, size] = [-1, 0];
  for (let j = 0; j < count; j++) {
    const now = Math.abs(correlations[j]!);
    if (now > size) {
      size = now;
      best = j;
    }
  }
  return best;
}
