/** Sums for how well rows are reconstructed: float64, so that halves merged equal one pass (metrics.md section 2). */

export interface ReconstructionFigures {
  /** Sum |x - y|^2 / sum |x - mean(x)|^2 over all rows. */
  readonly fvu: number;
  /** 1 - fvu */
  readonly ev: number;
  /** rows |mean(x - y)|^2 / sum |x - mean(x)|^2: the part of fvu that dictionary_learning's variance of the error leaves out. */
  readonly biasShare: number;
  /** Mean over rows of |x - y|^2, summed over dimensions. */
  readonly mse: number;
  /** Mean cosine of x and y over rows where neither is zero. */
  readonly cosine: number;
  /** Mean |y| / |x| over rows where x is not zero. */
  readonly l2Ratio: number;
  /** Mean |y|^2 / mean x.y (Rajamanoharan et al. 2024, arXiv 2404.16014, eq. 10). */
  readonly gamma: number;
  readonly rows: number;
}

/** x is what is to be reconstructed (the target of a transcoder), y its reconstruction. */
export class ReconstructionSums {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  /** rows, |x|^2, |y|^2, x.y, |x - y|^2, cosines, rows with a cosine, norm ratios, rows with a ratio */
  readonly #totals = new Float64Array(9);

  constructor(dOut: number) {
    this.#x = new Float64Array(dOut);
    this.#y = new Float64Array(dOut);
  }

  get rows(): number {
    return this.#totals[0]!;
  }

  /** Mean of x over the rows so far, float32 [dOut]. */
  get mean(): Float32Array {
    return Float32Array.from(this.#x, (sum) => sum / this.rows);
  }

  /** Adds one row: x and y float32, dOut entries from `at`. */
  addRow(x: Float32Array, y: Float32Array, at: number): void {
    const [sumX, sumY] = [this.#x, this.#y];
    let [xx, yy, xy, ee] = [0, 0, 0, 0];
    for (let i = 0; i < sumX.length; i++) {
      const a = x[at + i]!;
      const b = y[at + i]!;
      sumX[i]! += a;
      sumY[i]! += b;
      xx += a * a;
      yy += b * b;
      xy += a * b;
      ee += (a - b) * (a - b);
    }
    const directed = xx > 0 && yy > 0;
    const terms = [1, xx, yy, xy, ee, directed ? xy / Math.sqrt(xx * yy) : 0, directed ? 1 : 0, xx > 0 ? Math.sqrt(yy / xx) : 0, xx > 0 ? 1 : 0];
    for (let i = 0; i < terms.length; i++) this.#totals[i]! += terms[i]!;
  }

  merge(other: ReconstructionSums): void {
    for (let i = 0; i < this.#x.length; i++) {
      this.#x[i]! += other.#x[i]!;
      this.#y[i]! += other.#y[i]!;
    }
    for (let i = 0; i < this.#totals.length; i++) this.#totals[i]! += other.#totals[i]!;
  }

  /** NaN where there were no rows, or where x does not vary. */
  result(): ReconstructionFigures {
    const [rows, xx, yy, xy, ee, cosines, directed, ratios, sized] = this.#totals as unknown as readonly [number, number, number, number, number, number, number, number, number];
    let [mean, offset] = [0, 0];
    for (let i = 0; i < this.#x.length; i++) {
      mean += this.#x[i]! ** 2 / rows;
      offset += (this.#x[i]! - this.#y[i]!) ** 2 / rows;
    }
    const variance = xx - mean;
    return {
      fvu: ee / variance, ev: 1 - ee / variance, biasShare: offset / variance, mse: ee / rows,
      cosine: cosines / directed, l2Ratio: ratios / sized, gamma: yy / xy, rows,
    };
  }
}
