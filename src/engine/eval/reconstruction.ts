/** One pass of a dictionary over rows: how well it reconstructs, how sparsely, and what other packages would call it (metrics.md 2, 3). */
import { LoupeError } from '../../shared/errors.ts';
import type { Dictionary } from '../sae/dictionary.ts';
import type { HeldOutRows } from '../train/source.ts';
import { countedBatch } from './compat/batch.ts';
import type { CompatSums } from './compat/definition.ts';
import { directionNorms } from '../sae/directions.ts';
import { FiringSums } from './firing.ts';
import type { FiringFigures } from './firing.ts';
import { NormBins } from './norm-bins.ts';
import type { ReconstructionFigures } from './reconstruction-sums.ts';

export type ReconstructionMetrics = ReconstructionFigures & FiringFigures;

/** What is evaluated, in raw units: x float32 [rows, dIn], the targets y float32 [rows, dOut] of a transcoder, mask uint8 [rows]. */
export type EvaluationRows = HeldOutRows;

export interface Evaluation {
  /** Rows that count: not position 0, not special tokens. */
  readonly masked: ReconstructionMetrics;
  /** All rows. */
  readonly unmasked: ReconstructionMetrics;
  /** The rows that do not count alone: position 0 and special tokens. */
  readonly excluded: ReconstructionMetrics;
  /** Rows that count, less `sinks` rows whose norm is over about 10 times the median: those can carry most of the variance. */
  readonly typical: ReconstructionFigures;
  readonly sinks: number;
  /** Over the rows that count. */
  readonly firing: FiringSums;
  /** Mean of the targets over the rows that count, float32 [dOut]. */
  readonly mean: Float32Array;
}

/** The sums of one set of rows. */
class RowSet {
  readonly reconstruction: NormBins;
  readonly firing: FiringSums;

  constructor(dOut: number, norms: Float64Array) {
    this.reconstruction = new NormBins(dOut);
    this.firing = new FiringSums(norms);
  }

  merge(other: RowSet): void {
    this.reconstruction.merge(other.reconstruction);
    this.firing.merge(other.firing);
  }

  result(): ReconstructionMetrics {
    return { ...this.reconstruction.total().result(), ...this.firing.result() };
  }
}

/** What the rows are compared with: their targets, or they themselves. Kind mismatch for pairs without targets. */
export function targetsOf(dictionary: Dictionary, part: EvaluationRows): Float32Array {
  const targets = part.y ?? part.x;
  if (targets.length === part.rows * dictionary.dOut) return targets;
  const what = part.y === undefined && dictionary.dOut !== dictionary.dIn ? 'it predicts another hook, and only activations were given' : 'these are not the activations of its hook';
  throw new LoupeError('mismatch', `the dictionary gives ${dictionary.dOut} numbers a row, and the rows to compare with have ${targets.length / part.rows}: ${what}`);
}

/**
 * One pass over `parts`, for all sets of rows at once. `step` is awaited between parts, so that a caller can stop; `compat` are figures as other
 * packages compute them, over the rows that count, for which each part is one batch. Kind mismatch where the widths do not fit.
 */
export async function evaluateDictionary(
  dictionary: Dictionary, parts: AsyncIterable<EvaluationRows> | Iterable<EvaluationRows>, step: (rows: number) => Promise<void> = async () => {},
  compat: readonly CompatSums[] = [],
): Promise<Evaluation> {
  const { dOut } = dictionary;
  const norms = directionNorms(dictionary);
  const [counted, excluded, all] = [new RowSet(dOut, norms), new RowSet(dOut, norms), new RowSet(dOut, norms)];
  let rows = 0;
  for await (const part of parts) {
    const target = targetsOf(dictionary, part);
    const codes = dictionary.encode(part.x, part.rows);
    const reconstruction = dictionary.decode(codes, part.x);
    for (let row = 0; row < part.rows; row++) {
      const set = part.mask[row] === 0 ? excluded : counted;
      set.reconstruction.addRow(target, reconstruction, row * dOut);
      set.firing.addRow(codes, row);
    }
    if (compat.length > 0) {
      const batch = countedBatch({ x: target, y: reconstruction, codes, d: dOut, mask: part.mask });
      for (const sums of compat) sums.add(batch);
    }
    rows += part.rows;
    await step(rows);
  }
  all.merge(counted);
  all.merge(excluded);
  const { sums: typical, sinks } = counted.reconstruction.typical();
  return {
    masked: counted.result(), unmasked: all.result(), excluded: excluded.result(), typical: typical.result(), sinks,
    firing: counted.firing, mean: counted.reconstruction.total().mean,
  };
}
