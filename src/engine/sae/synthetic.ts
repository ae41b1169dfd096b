/**
 * Superposition data with known features, and how many of them a dictionary found (sae-variants.md section 0).
 *
 * SYN(n0, d, s): n0 unit directions V; each sample sums s distinct ones with magnitudes from U[0.5, 1.5].
 */
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../train/source.ts';
import { LoupeError } from '../../shared/errors.ts';
import { Random } from '../random.ts';
import { unitRows } from './parts.ts';

export interface SynTask {
  /** True features. */
  readonly n0: number;
  readonly d: number;
  /** Features in a sample. */
  readonly s: number;
}

export const defaultSyn: SynTask = { n0: 64, d: 32, s: 3 };

/** The true directions, float32 [n0, d], rows of norm 1. */
export function synDirections(task: SynTask, seed: number): Float32Array {
  return unitRows(Random.from(seed, 'true features').normals(task.n0 * task.d), task.n0, task.d);
}

/** `rows` samples, float32 [rows, d]. `directions` float32 [n0, d]. */
export function synSamples(task: SynTask, directions: Float32Array, rows: number, random: Random): Float32Array {
  const { n0, d, s } = task;
  const x = new Float32Array(rows * d);
  const pool = Uint32Array.from({ length: n0 }, (_, i) => i);
  for (let row = 0; row < rows; row++) {
    for (let pick = 0; pick < s; pick++) {
      const at = pick + random.integer(n0 - pick);
      [pool[pick], pool[at]] = [pool[at]!, pool[pick]!];
      const magnitude = 0.5 + random.uniform();
      for (let i = 0; i < d; i++) x[row * d + i]! += magnitude * directions[pool[pick]! * d + i]!;
    }
  }
  return x;
}

/** Endless SYN samples; the place is the number of batches drawn. */
export class SynSource implements ActivationSource {
  readonly dIn: number;
  readonly identity: SourceIdentity = { model: null, corpus: null, hookPoint: 'synthetic', contextLength: 1, prependBos: false };
  readonly directions: Float32Array;
  readonly #task: SynTask;
  readonly #seed: number;
  #batches = 0;

  constructor(task: SynTask, seed: number) {
    this.dIn = task.d;
    this.#task = task;
    this.#seed = seed;
    this.directions = synDirections(task, seed);
  }

  get position(): SourcePosition {
    return { batches: this.#batches };
  }

  seek(position: SourcePosition): Promise<void> {
    const batches = position['batches'];
    if (typeof batches !== 'number') throw new LoupeError('bad-file', `the checkpoint's place ${JSON.stringify(position)} is not one of synthetic data`);
    this.#batches = batches;
    return Promise.resolve();
  }

  sample(rows: number): Promise<Float32Array> {
    return Promise.resolve(this.#draw(Math.min(rows, 8192), 'sample'));
  }

  next(rows: number): Promise<ActivationBatch> {
    const name = `batch ${this.#batches++}`;
    return Promise.resolve({ x: this.#draw(rows, name), rows, originOf: (row) => `sample ${row} of synthetic ${name}` });
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    const rows = 8192;
    yield { x: this.#draw(rows, 'held out'), rows, mask: new Uint8Array(rows).fill(1) };
  }

  close(): void {
    // nothing is held
  }

  #draw(rows: number, stream: string): Float32Array {
    return synSamples(this.#task, this.directions, rows, Random.from(this.#seed, stream));
  }
}

export interface Recovery {
  /** Share of true rows whose best cosine is above `threshold`. */
  readonly frr: number;
  /** Mean over true rows of the best cosine. */
  readonly mmcs: number;
}

/**
 * How well the rows of `learned` float32 [n, d] match those of `truth` float32 [n0, d] (FRR and MMCS of sae-variants.md section 0).
 * `signed`: a row and its negative are the same feature.
 */
export function featureRecovery(truth: Float32Array, learned: Float32Array, d: number, threshold = 0.9, signed = false): Recovery {
  const unit = unitRows(learned.slice(), learned.length / d, d);
  const n0 = truth.length / d;
  let [found, sum] = [0, 0];
  for (let a = 0; a < n0; a++) {
    let best = -1;
    for (let b = 0; b < unit.length; b += d) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += truth[a * d + i]! * unit[b + i]!;
      best = Math.max(best, signed ? Math.abs(dot) : dot);
    }
    found += Number(best > threshold);
    sum += best;
  }
  return { frr: found / n0, mmcs: sum / n0 };
}
