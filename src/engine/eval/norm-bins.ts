/**
 * Sums kept apart by the norm of the row, so that a few rows of huge norm (attention sinks: metrics.md section 1) can be left out afterwards. They
 * carry most of the variance where they are, and then FVU says how well they alone are reconstructed.
 */
import { ReconstructionSums } from './reconstruction-sums.ts';

/** Bins of half an octave of |x|^2; rows this many bins above the median's have about 10 times its norm [our choice of the factor]. */
const binsPerOctave = 2;
const sinkBins = Math.ceil(binsPerOctave * Math.log2(100));

export interface Typical {
  /** Of rows whose norm is at most about 10 times the median. */
  readonly sums: ReconstructionSums;
  /** Rows that are left out. */
  readonly sinks: number;
}

export class NormBins {
  readonly #dOut: number;
  readonly #bins = new Map<number, ReconstructionSums>();

  constructor(dOut: number) {
    this.#dOut = dOut;
  }

  /** Adds one row: x and y float32, dOut entries from `at`. */
  addRow(x: Float32Array, y: Float32Array, at: number): void {
    let square = 0;
    for (let i = at; i < at + this.#dOut; i++) square += x[i]! * x[i]!;
    this.#bin(Math.floor(binsPerOctave * Math.log2(square))).addRow(x, y, at);
  }

  #bin(bin: number): ReconstructionSums {
    const held = this.#bins.get(bin) ?? new ReconstructionSums(this.#dOut);
    this.#bins.set(bin, held);
    return held;
  }

  merge(other: NormBins): void {
    for (const [bin, sums] of other.#bins) this.#bin(bin).merge(sums);
  }

  #upTo(limit: number): ReconstructionSums {
    const sums = new ReconstructionSums(this.#dOut);
    for (const [bin, own] of this.#bins) if (bin <= limit) sums.merge(own);
    return sums;
  }

  total(): ReconstructionSums {
    return this.#upTo(Infinity);
  }

  typical(): Typical {
    const ascending = [...this.#bins].sort(([a], [b]) => a - b);
    const rows = ascending.reduce((sum, [, own]) => sum + own.rows, 0);
    let [below, median] = [0, -Infinity];
    for (const [bin, own] of ascending) {
      if (below * 2 < rows) median = bin;
      below += own.rows;
    }
    const sums = this.#upTo(median + sinkBins);
    return { sums, sinks: rows - sums.rows };
  }
}
