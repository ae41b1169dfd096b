/** Which latents fire, how often and how many together: 64-bit counts (metrics.md section 3). */
import type { SparseCodes } from '../sae/dictionary.ts';

export interface FiringFigures {
  /** Mean latents a row; negative ones count too. */
  readonly l0: number;
  readonly l0Median: number;
  readonly l0P95: number;
  /** Mean sum |f|. */
  readonly l1: number;
  /** Mean sum |f_j| |d_j|. */
  readonly l1Weighted: number;
  /** Share of latents that fired on no row. */
  readonly dead: number;
  /** Share of latents of density over 0.1. */
  readonly dense: number;
  /** Share of latents that fired, at a density under 1e-5. */
  readonly rare: number;
  /** Share of firings with a negative sign. */
  readonly negative: number;
}

/** Warning bands of density [our choice]. */
const denseFrom = 0.1;
const rareBelow = 1e-5;

export class FiringSums {
  readonly #norms: Float64Array;
  readonly #firings: Float64Array;
  readonly #negative: Float64Array;
  /** Rows by their number of latents. */
  readonly #widths: Float64Array;
  #rows = 0;
  #l1 = 0;
  #weighted = 0;

  /** `norms`: of the decoder's rows, float64 [dSae]. */
  constructor(norms: Float64Array) {
    this.#norms = norms;
    this.#firings = new Float64Array(norms.length);
    this.#negative = new Float64Array(norms.length);
    this.#widths = new Float64Array(norms.length + 1);
  }

  /** Firings of each latent, float64 [dSae]. */
  get firings(): Float64Array {
    return this.#firings;
  }

  /** Firings of each latent with a negative sign, float64 [dSae]. */
  get negativeFirings(): Float64Array {
    return this.#negative;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Adds row `row` of the codes. */
  addRow(codes: SparseCodes, row: number): void {
    let fired = 0;
    for (let slot = row * codes.width; slot < (row + 1) * codes.width; slot++) {
      const value = codes.values[slot]!;
      if (value === 0) continue;
      const latent = codes.indices[slot]!;
      const size = Math.abs(value);
      fired++;
      this.#firings[latent]!++;
      if (value < 0) this.#negative[latent]!++;
      this.#l1 += size;
      this.#weighted += size * this.#norms[latent]!;
    }
    this.#widths[fired]!++;
    this.#rows++;
  }

  merge(other: FiringSums): void {
    const pairs = [[this.#firings, other.#firings], [this.#negative, other.#negative], [this.#widths, other.#widths]] as const;
    for (const [mine, theirs] of pairs) for (let i = 0; i < mine.length; i++) mine[i]! += theirs[i]!;
    this.#rows += other.#rows;
    this.#l1 += other.#l1;
    this.#weighted += other.#weighted;
  }

  /** The least number of latents that `share` of the rows do not exceed. */
  #quantile(share: number): number {
    let below = 0;
    for (let width = 0; width < this.#widths.length; width++) {
      below += this.#widths[width]!;
      if (below >= share * this.#rows) return width;
    }
    return Number.NaN;
  }

  /** NaN where there were no rows. */
  result(): FiringFigures {
    const [rows, latents] = [this.#rows, this.#firings.length];
    const total = this.#firings.reduce((sum, count) => sum + count, 0);
    const share = (test: (density: number) => boolean): number => this.#firings.reduce((n, count) => n + (test(count / rows) ? 1 : 0), 0) / latents;
    return {
      l0: total / rows,
      l0Median: rows === 0 ? Number.NaN : this.#quantile(0.5),
      l0P95: rows === 0 ? Number.NaN : this.#quantile(0.95),
      l1: this.#l1 / rows,
      l1Weighted: this.#weighted / rows,
      dead: 1 - this.#firings.reduce((n, count) => n + (count > 0 ? 1 : 0), 0) / latents,
      dense: share((density) => density > denseFrom),
      rare: share((density) => density > 0 && density < rareBelow),
      negative: total === 0 ? 0 : this.#negative.reduce((sum, count) => sum + count, 0) / total,
    };
  }
}

/** Norms of the rows of float32 [rows, d], in float64. */
export function rowNorms(values: Float32Array, rows: number): Float64Array {
  const d = values.length / rows;
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * d; i < (row + 1) * d; i++) square += values[i]! ** 2;
    norms[row] = Math.sqrt(square);
  }
  return norms;
}
