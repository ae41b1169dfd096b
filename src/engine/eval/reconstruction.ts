/** How well a dictionary reconstructs, and how sparsely: exact over all rows, streamed in float64 (metrics.md sections 2 and 3). */
import type { Dictionary, SparseCodes } from '../sae/dictionary.ts';

export interface ReconstructionMetrics {
  /** Sum |x - y|^2 / sum |x - mean(x)|^2 over all rows. */
  readonly fvu: number;
  /** Mean cosine of x and y over rows where neither is zero. */
  readonly cosine: number;
  /** Mean |y| / |x|. */
  readonly l2Ratio: number;
  /** Mean latents a row. */
  readonly l0: number;
  /** Share of latents that fired on no row. */
  readonly dead: number;
  readonly rows: number;
}

/** Sums over rows; two halves merged equal one pass up to float64 rounding. */
export class ReconstructionSums {
  readonly #dIn: number;
  readonly #sum: Float64Array;
  readonly #fired: Uint8Array;
  #rows = 0;
  #squares = 0;
  #errors = 0;
  #active = 0;
  #cosines = 0;
  #directed = 0;
  #ratios = 0;
  #sized = 0;

  constructor(dIn: number, dSae: number) {
    this.#dIn = dIn;
    this.#sum = new Float64Array(dIn);
    this.#fired = new Uint8Array(dSae);
  }

  /** Adds the rows whose mask is 1 (all without one). x and y float32 [rows, dIn]; mask uint8 [rows]. */
  add(x: Float32Array, y: Float32Array, codes: SparseCodes, mask?: Uint8Array): void {
    for (let row = 0; row < codes.rows; row++) {
      if (mask !== undefined && mask[row] === 0) continue;
      this.#addRow(x, y, row * this.#dIn);
      for (let s = row * codes.width; s < (row + 1) * codes.width; s++) {
        if (codes.values[s] === 0) continue;
        this.#active++;
        this.#fired[codes.indices[s]!] = 1;
      }
    }
  }

  #addRow(x: Float32Array, y: Float32Array, at: number): void {
    let [xx, yy, xy, ee] = [0, 0, 0, 0];
    for (let i = 0; i < this.#dIn; i++) {
      const a = x[at + i]!;
      const b = y[at + i]!;
      this.#sum[i]! += a;
      xx += a * a;
      yy += b * b;
      xy += a * b;
      ee += (a - b) * (a - b);
    }
    this.#rows++;
    this.#squares += xx;
    this.#errors += ee;
    if (xx > 0 && yy > 0) {
      this.#cosines += xy / Math.sqrt(xx * yy);
      this.#directed++;
    }
    if (xx > 0) {
      this.#ratios += Math.sqrt(yy / xx);
      this.#sized++;
    }
  }

  merge(other: ReconstructionSums): void {
    for (let i = 0; i < this.#dIn; i++) this.#sum[i]! += other.#sum[i]!;
    for (let j = 0; j < this.#fired.length; j++) this.#fired[j]! |= other.#fired[j]!;
    this.#rows += other.#rows;
    this.#squares += other.#squares;
    this.#errors += other.#errors;
    this.#active += other.#active;
    this.#cosines += other.#cosines;
    this.#directed += other.#directed;
    this.#ratios += other.#ratios;
    this.#sized += other.#sized;
  }

  /** NaN where there were no rows, or where x does not vary. */
  result(): ReconstructionMetrics {
    const mean = this.#sum.reduce((total, s) => total + s * s, 0) / this.#rows;
    const alive = this.#fired.reduce((count, fired) => count + fired, 0);
    return {
      fvu: this.#errors / (this.#squares - mean),
      cosine: this.#cosines / this.#directed,
      l2Ratio: this.#ratios / this.#sized,
      l0: this.#active / this.#rows,
      dead: 1 - alive / this.#fired.length,
      rows: this.#rows,
    };
  }
}

export interface Evaluation {
  /** Rows that count: not position 0, not special tokens. */
  readonly masked: ReconstructionMetrics;
  /** All rows. */
  readonly unmasked: ReconstructionMetrics;
}

/** What is evaluated: float32 [rows, dIn] in raw units, mask uint8 [rows]. */
export interface EvaluationRows {
  readonly x: Float32Array;
  readonly rows: number;
  readonly mask: Uint8Array;
}

/** One pass over `parts`; both token sets at once. `step` is awaited between parts, so that a caller can stop. */
export async function evaluateDictionary(
  dictionary: Dictionary, parts: AsyncIterable<EvaluationRows> | Iterable<EvaluationRows>, step: (rows: number) => Promise<void> = async () => {},
): Promise<Evaluation> {
  const masked = new ReconstructionSums(dictionary.dIn, dictionary.dSae);
  const all = new ReconstructionSums(dictionary.dIn, dictionary.dSae);
  let rows = 0;
  for await (const part of parts) {
    const codes = dictionary.encode(part.x, part.rows);
    const y = dictionary.reconstruct(part.x, part.rows);
    masked.add(part.x, y, codes, part.mask);
    all.add(part.x, y, codes);
    rows += part.rows;
    await step(rows);
  }
  return { masked: masked.result(), unmasked: all.result() };
}
