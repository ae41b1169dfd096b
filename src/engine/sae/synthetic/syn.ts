/**
 * Superposition data with known features (sae-variants.md section 0).
 *
 * SYN(n0, d, s): n0 unit directions V; each sample sums s distinct ones with magnitudes from U[0.5, 1.5], x = H V. SYN+-: each magnitude has a
 * random sign.
 */
import { Random } from '../../random.ts';
import { unitRows } from '../parts.ts';

export interface SynTask {
  /** True features. */
  readonly n0: number;
  readonly d: number;
  /** Features in a sample. */
  readonly s: number;
  /** Magnitudes have random signs. */
  readonly signed?: boolean;
}

/** Which features a sample sums, and how much of each: [rows, s]. */
export interface SynCodes {
  readonly rows: number;
  /** int32 [rows * s], distinct within a row */
  readonly features: Int32Array;
  /** float32 [rows * s] */
  readonly magnitudes: Float32Array;
}

export const defaultSyn: SynTask = { n0: 64, d: 32, s: 3 };

/** The true directions, float32 [n0, d], rows of norm 1. */
export function synDirections(task: SynTask, seed: number): Float32Array {
  return unitRows(Random.from(seed, 'true features').normals(task.n0 * task.d), task.n0, task.d);
}

/** The codes H of `rows` samples. */
export function synCodes(task: SynTask, rows: number, random: Random): SynCodes {
  const { n0, s, signed = false } = task;
  const codes = { rows, features: new Int32Array(rows * s), magnitudes: new Float32Array(rows * s) };
  const pool = Uint32Array.from({ length: n0 }, (_, i) => i);
  for (let at = 0; at < rows * s; at++) {
    const pick = at % s;
    const other = pick + random.integer(n0 - pick);
    [pool[pick], pool[other]] = [pool[other]!, pool[pick]!];
    const magnitude = 0.5 + random.uniform();
    codes.features[at] = pool[pick]!;
    codes.magnitudes[at] = signed && random.uniform() < 0.5 ? -magnitude : magnitude;
  }
  return codes;
}

/** H V, float32 [rows, d]. `directions` float32 [n0, d]. */
export function synDecode({ rows, features, magnitudes }: SynCodes, directions: Float32Array, d: number): Float32Array {
  const s = features.length / rows;
  const x = new Float32Array(rows * d);
  for (let at = 0; at < features.length; at++) {
    const [row, from, magnitude] = [Math.floor(at / s) * d, features[at]! * d, magnitudes[at]!];
    for (let i = 0; i < d; i++) x[row + i]! += magnitude * directions[from + i]!;
  }
  return x;
}

/** `rows` samples, float32 [rows, d]. `directions` float32 [n0, d]. */
export function synSamples(task: SynTask, directions: Float32Array, rows: number, random: Random): Float32Array {
  return synDecode(synCodes(task, rows, random), directions, task.d);
}
