/**
 * Whether a larger dictionary fails on the same tokens as a smaller one: |E_large| regressed on |E_small|, then on |N_small| too
 * (Engels, Riggs and Tegmark 2024, arXiv 2410.14670, section 5).
 */
import { Random } from '../random.ts';
import type { ErrorRows, Parts } from './dark-matter.ts';
import { columns, difference, squaredNorms } from './dark-matter.ts';
import { LinearFit } from './linear-fit.ts';
import type { LinearMap } from './linear-fit.ts';
import { R2Sums } from './r2.ts';

/** Rows of the smaller dictionary, with the larger one's reconstruction of the same rows beside them. */
export interface PairedRows extends ErrorRows {
  /** float32 [rows, dOut] */
  readonly large: Float32Array;
}

export interface ErrorScaling {
  readonly tokens: number;
  /** R^2 of |E_large| from |E_small| and 1. */
  readonly fromError: number;
  /** R^2 when |N_small| is given too. */
  readonly fromBoth: number;
  /** (1 - fromError) that |N_small| removes, as a share of it. */
  readonly removed: number;
}

const norms = (values: Float32Array, rows: number): Float32Array => squaredNorms(values, rows).map(Math.sqrt);

/** Fits on one half of the rows (a coin of `seed`), scores on the other. `map`: the smaller one's linear error (dark-matter.ts). `parts` is called twice. */
export async function errorScaling(parts: () => Parts<PairedRows>, map: LinearMap, seed: number): Promise<ErrorScaling> {
  const fits = [1, 2].map((inputs) => new LinearFit(inputs, 1, true));
  const scores = [new R2Sums(1), new R2Sums(1)];
  let maps: readonly LinearMap[] = [];
  let scored = 0;
  for (const fitting of [true, false]) {
    if (!fitting) maps = fits.map((fit) => fit.solve());
    const random = Random.from(seed, 'error scaling');
    for await (const { x, target, reconstruction, large, rows } of parts()) {
      const kept = Array.from({ length: rows }, (_, row) => row).filter(() => random.uniform() < 0.5 === fitting);
      const error = difference(target, reconstruction);
      const pick = (values: Float32Array): Float32Array => Float32Array.from(kept, (row) => values[row]!);
      const small = pick(norms(error, rows));
      const nonlinear = pick(norms(difference(error, map.apply(x, rows)), rows));
      const goal = pick(norms(difference(target, large), rows));
      [small, columns([small, nonlinear], kept.length)].forEach((inputs, i) => {
        if (fitting) fits[i]!.add(inputs, goal, kept.length);
        else scores[i]!.add(goal, maps[i]!.apply(inputs, kept.length), kept.length);
      });
      if (!fitting) scored += kept.length;
    }
  }
  const [fromError, fromBoth] = scores.map((score) => score.result().pooled) as [number, number];
  return { tokens: scored, fromError, fromBoth, removed: (fromBoth - fromError) / (1 - fromError) };
}
