/**
 * How much of a dictionary's error is a linear function of its input (Engels, Riggs and Tegmark 2024, arXiv 2410.14670).
 *
 * E(x) = x - Sae(x); the linear error is x A with A the least squares of E on x, the nonlinear error N = E - x A. Fit on one half of the
 * tokens, scored on the other.
 */
import type { Dictionary } from '../sae/dictionary.ts';
import type { EvaluationRows } from '../eval/reconstruction.ts';
import { Random } from '../random.ts';
import { LinearFit } from './linear-fit.ts';
import type { LinearMap } from './linear-fit.ts';
import { R2Sums } from './r2.ts';
import type { R2 } from './r2.ts';

/** Rows with their reconstruction; rows that do not count are left out. */
export interface ErrorRows {
  /** float32 [rows, dIn] */
  readonly x: Float32Array;
  /** What is reconstructed, float32 [rows, dOut]: x itself but for transcoders. */
  readonly target: Float32Array;
  /** float32 [rows, dOut] */
  readonly reconstruction: Float32Array;
  readonly rows: number;
}

/** The rows `kept` of values float32 [rows, d], together. */
export function selectRows(values: Float32Array, kept: readonly number[], d: number): Float32Array {
  const out = new Float32Array(kept.length * d);
  kept.forEach((row, i) => out.set(values.subarray(row * d, (row + 1) * d), i * d));
  return out;
}

/** The rows of `parts` that count: x float32 [rows, dIn], and their targets where the parts have some, float32 [rows, dOut]. */
export function* countedRows(parts: Iterable<EvaluationRows>, dIn: number): Generator<{ readonly x: Float32Array; readonly y: Float32Array | null; readonly rows: number }> {
  for (const { x, y, rows, mask } of parts) {
    const kept = [...mask.keys()].filter((row) => mask[row] !== 0);
    if (kept.length > 0) yield { x: selectRows(x, kept, dIn), y: y === undefined ? null : selectRows(y, kept, y.length / rows), rows: kept.length };
  }
}

/** The rows of `parts` that count, as the dictionary reconstructs them. `reconstruct` stands in for the dictionary's own encoder. */
export function* errorRows(
  dictionary: Dictionary, parts: Iterable<EvaluationRows>, reconstruct = (x: Float32Array, rows: number): Float32Array => dictionary.reconstruct(x, rows),
): Generator<ErrorRows> {
  for (const { x, y, rows } of countedRows(parts, dictionary.dIn)) yield { x, target: y ?? x, reconstruction: reconstruct(x, rows), rows };
}

/**
 * The rows whose norm is at most `factor` times the median of the first part: attention sinks would decide every figure (metrics.md section 1; the
 * paper leaves out the first 200 positions instead).
 */
export async function* withoutSinks(parts: Parts<ErrorRows>, factor: number): AsyncGenerator<ErrorRows> {
  let limit: number | null = null;
  for await (const { x, target, reconstruction, rows } of parts) {
    const squares = squaredNorms(x, rows);
    limit ??= factor ** 2 * squares.slice().sort()[Math.floor(rows / 2)]!;
    const most = limit;
    const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => squares[row]! <= most);
    const [dIn, dOut] = [x.length / rows, target.length / rows];
    yield { x: selectRows(x, kept, dIn), target: selectRows(target, kept, dOut), reconstruction: selectRows(reconstruction, kept, dOut), rows: kept.length };
  }
}

/** Parts at once, or as they come: a source that lets messages in between them can be stopped. */
export type Parts<T> = Iterable<T> | AsyncIterable<T>;

export interface DarkMatterOptions {
  /** Each token goes to one half by a coin of this seed. */
  readonly seed: number;
  /** A column of ones beside x in the fit of E (the paper's code has none); the fits of norms always have one [our choice]. */
  readonly intercept: boolean;
}

export interface DarkMatter {
  readonly tokens: { readonly fit: number; readonly score: number };
  /** Of Sae(x), over the half that is scored. */
  readonly fvu: number;
  /** Of Sae(x) + x A. */
  readonly fvuNonlinear: number;
  /** 1 - fvuNonlinear / fvu */
  readonly linearShare: number;
  /** How well x A predicts E. */
  readonly error: R2;
  /** How well a linear function of x predicts the squared norm of each: R^2. */
  readonly norms: Readonly<Record<'error' | 'reconstruction' | 'nonlinear' | 'linear' | 'activation', number>>;
  /** A: x -> its part of the error. */
  readonly map: LinearMap;
}

/** Splits each part in two by the coin; the same seed gives the same halves. */
async function* half(parts: Parts<ErrorRows>, seed: number, wanted: boolean): AsyncGenerator<ErrorRows> {
  const random = Random.from(seed, 'dark matter');
  for await (const { x, target, reconstruction, rows } of parts) {
    const kept = Array.from({ length: rows }, (_, row) => row).filter(() => random.uniform() < 0.5 === wanted);
    if (kept.length === 0) continue;
    const [dIn, dOut] = [x.length / rows, target.length / rows];
    yield { x: selectRows(x, kept, dIn), target: selectRows(target, kept, dOut), reconstruction: selectRows(reconstruction, kept, dOut), rows: kept.length };
  }
}

/** a - b */
export function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - b[i]!);
}

/** Squared norm of each row, float32 [rows]. */
export function squaredNorms(values: Float32Array, rows: number): Float32Array {
  const d = values.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * d; i < (row + 1) * d; i++) sum += values[i]! ** 2;
    return sum;
  });
}

/** Vectors [rows] as columns of [rows, count]. */
export function columns(vectors: readonly Float32Array[], rows: number): Float32Array {
  return Float32Array.from({ length: rows * vectors.length }, (_, i) => vectors[i % vectors.length]![Math.floor(i / vectors.length)]!);
}

/** Squared norms of E, Sae(x), N, x A and the target, float32 [rows, 5]. */
function normsOf({ x, target, reconstruction, rows }: ErrorRows, map: LinearMap): Float32Array {
  const error = difference(target, reconstruction);
  const linear = map.apply(x, rows);
  return columns([error, reconstruction, difference(error, linear), linear, target].map((values) => squaredNorms(values, rows)), rows);
}

/** The linear map from inputs to errors of the parts. Kind bad-request for fewer than 20 rows an input. */
export async function fitErrors(parts: Parts<ErrorRows>, intercept: boolean): Promise<{ readonly map: LinearMap; readonly rows: number }> {
  let fit: LinearFit | null = null;
  for await (const { x, target, reconstruction, rows } of parts) {
    fit ??= new LinearFit(x.length / rows, target.length / rows, intercept);
    fit.add(x, difference(target, reconstruction), rows);
  }
  // no row at all: refused by the fit as too few
  fit ??= new LinearFit(1, 1, intercept);
  return { map: fit.solve(), rows: fit.rows };
}

async function fitNorms(parts: Parts<ErrorRows>, map: LinearMap): Promise<LinearMap> {
  const fit = new LinearFit(map.inputs, 5, true);
  for await (const part of parts) fit.add(part.x, normsOf(part, map), part.rows);
  return fit.solve();
}

/** Sums of squares about 0 and of what is left. */
class ErrorSums {
  readonly #sum: Float64Array;
  #squares = 0;
  #errors = 0;
  #nonlinear = 0;
  #rows = 0;

  constructor(dOut: number) {
    this.#sum = new Float64Array(dOut);
  }

  add(target: Float32Array, error: Float32Array, linear: Float32Array, rows: number): void {
    const d = this.#sum.length;
    for (let i = 0; i < rows * d; i++) {
      this.#sum[i % d]! += target[i]!;
      this.#squares += target[i]! ** 2;
      this.#errors += error[i]! ** 2;
      this.#nonlinear += (error[i]! - linear[i]!) ** 2;
    }
    this.#rows += rows;
  }

  result(): { readonly fvu: number; readonly fvuNonlinear: number; readonly rows: number } {
    const variance = this.#squares - this.#sum.reduce((total, sum) => total + sum ** 2, 0) / this.#rows;
    return { fvu: this.#errors / variance, fvuNonlinear: this.#nonlinear / variance, rows: this.#rows };
  }
}

/**
 * The analysis. `parts` is called three times, and must give the same rows each time.
 *
 * Kinds: bad-request where the fitted half has fewer than 20 rows an input; not-finite.
 */
export async function darkMatter(parts: () => Parts<ErrorRows>, { seed, intercept }: DarkMatterOptions): Promise<DarkMatter> {
  const { map, rows: fitted } = await fitErrors(half(parts(), seed, true), intercept);
  const normMap = await fitNorms(half(parts(), seed, true), map);
  const [sums, errors, norms] = [new ErrorSums(map.outputs), new R2Sums(map.outputs), Array.from({ length: 5 }, () => new R2Sums(1))];
  for await (const part of half(parts(), seed, false)) {
    const { x, target, reconstruction, rows } = part;
    const [error, linear] = [difference(target, reconstruction), map.apply(x, rows)];
    sums.add(target, error, linear, rows);
    errors.add(error, linear, rows);
    const [actual, predicted] = [normsOf(part, map), normMap.apply(x, rows)];
    norms.forEach((r2, k) => r2.add(actual.filter((_, i) => i % 5 === k), predicted.filter((_, i) => i % 5 === k), rows));
  }
  const { fvu, fvuNonlinear, rows } = sums.result();
  const [error, reconstruction, nonlinear, linear, activation] = norms.map((r2) => r2.result().pooled) as [number, number, number, number, number];
  return {
    tokens: { fit: fitted, score: rows }, fvu, fvuNonlinear, linearShare: 1 - fvuNonlinear / fvu, error: errors.result(),
    norms: { error, reconstruction, nonlinear, linear, activation }, map,
  };
}
