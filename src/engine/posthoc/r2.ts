/** Out-of-sample R^2 of predictions, by dimension and pooled, in float64. */

export interface R2 {
  /** Mean over dimensions of 1 - SSE_d / SST_d (what the dark-matter code reports, and calls a simplification); dimensions that do not vary left out. */
  readonly mean: number;
  /** 1 - sum SSE / sum SST: dimensions of large variance count most. */
  readonly pooled: number;
}

export class R2Sums {
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  readonly #errors: Float64Array;
  #rows = 0;

  constructor(dimensions: number) {
    this.#sum = new Float64Array(dimensions);
    this.#squares = new Float64Array(dimensions);
    this.#errors = new Float64Array(dimensions);
  }

  /** targets and predictions float32 [rows, dimensions]. */
  add(targets: Float32Array, predictions: Float32Array, rows: number): void {
    const d = this.#sum.length;
    for (let i = 0; i < rows * d; i++) {
      const target = targets[i]!;
      this.#sum[i % d]! += target;
      this.#squares[i % d]! += target * target;
      this.#errors[i % d]! += (target - predictions[i]!) ** 2;
    }
    this.#rows += rows;
  }

  result(): R2 {
    let [share, dimensions, sse, sst] = [0, 0, 0, 0];
    this.#errors.forEach((error, d) => {
      const total = this.#squares[d]! - this.#sum[d]! ** 2 / this.#rows;
      sse += error;
      sst += total;
      if (!(total > 0)) return;
      share += 1 - error / total;
      dimensions++;
    });
    return { mean: share / dimensions, pooled: 1 - sse / sst };
  }
}
