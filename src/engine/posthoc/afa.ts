/**
 * Are a dictionary's codes as large as its tokens? Approximate feature activation (Lee et al. 2025, arXiv 2503.24277), of any dictionary.
 *
 * Let z = sum_i f_i d_i with unit d_i and |d_i . d_j| <= epsilon for i != j. Then | |z|^2 - |f|^2 | <= epsilon (|f|_1^2 - |f|_2^2) <=
 * epsilon (n - 1) |f|_2^2 [derived]: the code's norm should be close to |z|. Rows that are not units count with f_i |d_i|, and the decoder's bias
 * is one more feature, of activation |b| and direction b / |b|; n counts it where it is not 0.
 */
import { LoupeError } from '../../shared/errors.ts';
import { rowNorms } from '../eval/firing.ts';
import type { Dictionary, SparseCodes } from '../sae/dictionary.ts';
import { coherenceOf, quantile } from '../sae/atoms/coherence.ts';
import type { HeldOutRows } from '../train/source.ts';

export interface AfaSettings {
  /** What |z| is: the token that was encoded, as in the released evaluation, or its reconstruction, for which the bound is a theorem. */
  readonly z: 'input' | 'reconstruction';
}

export interface Spread {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  /** Where the paper clips its violins. */
  readonly p99: number;
}

/** Norms at which a dictionary with this epsilon can be right: |z| times these. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface AfaFigures {
  readonly z: AfaSettings['z'];
  /** Rows that count, and how many of them have a code without any entry or a z of norm 0: those are in no figure but l0. */
  readonly rows: number;
  readonly silent: number;
  /** Latents, and the bias where it is not 0. */
  readonly features: number;
  /** Of each row: the smallest epsilon for which the bound can hold. */
  readonly epsilonLbo: Spread;
  /** Mean of log(|f| / |z|): above 0 codes are too large, below 0 too small. */
  readonly logRatio: number;
  /** Share of rows with |f| > |z|. */
  readonly overActivated: number;
  readonly l0: Spread;
  /** Largest |cos| of two features. */
  readonly epsilonMax: number;
  /** Null where epsilon (n - 1) >= 1, as usual: only the diagonal says anything then. */
  readonly band: Band | null;
  /** The ZF plot: |z| and |f| of each row, float32. */
  readonly zNorms: Float32Array;
  readonly fNorms: Float32Array;
}

/** | |z|^2 - |f|^2 | / ((n - 1) |f|^2). Squared norms; n features, at least 2. */
export function epsilonLbo(zSquare: number, fSquare: number, features: number): number {
  return Math.abs(zSquare - fSquare) / ((features - 1) * fSquare);
}

/** |z| / sqrt(1 + epsilon (n - 1)) <= |f| <= |z| / sqrt(1 - epsilon (n - 1)), as factors of |z|. */
export function admissibleBand(epsilon: number, features: number): Band | null {
  const spread = epsilon * (features - 1);
  return spread >= 1 ? null : { low: 1 / Math.sqrt(1 + spread), high: 1 / Math.sqrt(1 - spread) };
}

/** Squared norms of the codes with the decoder's norms and its bias: |f|^2 of each row, float64 [rows]. `norms` float64 [dSae]. */
export function codeSquares(codes: SparseCodes, norms: Float64Array, biasSquare: number): Float64Array {
  const squares = new Float64Array(codes.rows).fill(biasSquare);
  for (let at = 0; at < codes.values.length; at++) {
    if (codes.values[at] !== 0) squares[Math.floor(at / codes.width)]! += (codes.values[at]! * norms[codes.indices[at]!]!) ** 2;
  }
  return squares;
}

/** One pass over the rows whose mask is 1. Kinds: bad-request where no row counts, mismatch where targets have another width than the decoder. */
export async function evaluateAfa(dictionary: Dictionary, parts: AsyncIterable<HeldOutRows> | Iterable<HeldOutRows>, settings: AfaSettings): Promise<AfaFigures> {
  const { dSae, dOut, bDec } = dictionary;
  const norms = rowNorms(dictionary.wDec, dSae);
  const biasSquare = bDec.reduce((sum, value) => sum + value * value, 0);
  const [zNorms, fNorms, widths]: [number[], number[], number[]] = [[], [], []];
  for await (const part of parts) {
    const codes = dictionary.encode(part.x, part.rows);
    const z = settings.z === 'input' ? (part.y ?? part.x) : dictionary.decode(codes, part.x);
    if (z.length !== part.rows * dOut) throw new LoupeError('mismatch', `the rows to compare with have ${z.length / part.rows} numbers, dOut is ${dOut}: give targets, or compare with reconstructions`);
    const [zOf, fSquares] = [rowNorms(z, part.rows), codeSquares(codes, norms, biasSquare)];
    for (let row = 0; row < part.rows; row++) {
      if (part.mask[row] === 0) continue;
      zNorms.push(zOf[row]!);
      fNorms.push(Math.sqrt(fSquares[row]!));
      widths.push(codes.values.subarray(row * codes.width, (row + 1) * codes.width).reduce((count, value) => count + Number(value !== 0), 0));
    }
  }
  if (zNorms.length === 0) throw new LoupeError('bad-request', 'no row counts: all are masked. Give a store with more than special tokens');
  const features = dSae + Number(biasSquare > 0);
  const epsilonMax = coherenceOf(biasSquare > 0 ? joined(dictionary.wDec, bDec) : dictionary.wDec, features, dOut).max;
  const spread = { features, epsilonMax, band: admissibleBand(epsilonMax, features), l0: spreadOf(widths) };
  return { z: settings.z, ...spread, ...summed(zNorms, fNorms, features), zNorms: Float32Array.from(zNorms), fNorms: Float32Array.from(fNorms) };
}

function summed(zNorms: readonly number[], fNorms: readonly number[], features: number): Pick<AfaFigures, 'rows' | 'silent' | 'epsilonLbo' | 'logRatio' | 'overActivated'> {
  const heard = [...zNorms.keys()].filter((row) => fNorms[row]! > 0 && zNorms[row]! > 0);
  const mean = (of: (row: number) => number): number => heard.reduce((sum, row) => sum + of(row), 0) / heard.length;
  return {
    rows: zNorms.length,
    silent: zNorms.length - heard.length,
    epsilonLbo: spreadOf(heard.map((row) => epsilonLbo(zNorms[row]! ** 2, fNorms[row]! ** 2, features))),
    logRatio: mean((row) => Math.log(fNorms[row]! / zNorms[row]!)),
    overActivated: mean((row) => Number(fNorms[row]! > zNorms[row]!)),
  };
}

/** NaN of nothing. */
function spreadOf(values: readonly number[]): Spread {
  const ascending = Float64Array.from(values).sort();
  const at = (share: number): number => (ascending.length === 0 ? Number.NaN : quantile(ascending, share));
  return { median: at(0.5), q1: at(0.25), q3: at(0.75), p99: at(0.99) };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
