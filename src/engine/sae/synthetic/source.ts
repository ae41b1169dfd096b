/** Endless synthetic data of each task, as a source that is trained on; the place is the number of batches drawn. */
import { LoupeError } from '../../../shared/errors.ts';
import { Random } from '../../random.ts';
import type { ActivationBatch, ActivationSource, HeldOutRows, SourceIdentity, SourcePosition } from '../../train/source.ts';
import type { SyntheticTask } from '../definition.ts';
import { unitRows } from '../parts.ts';
import { SyntheticReadout } from './readout.ts';
import { synCodes, synDecode, synDirections } from './syn.ts';
import type { SynCodes, SynTask } from './syn.ts';

export const defaultSyn: SynTask = { n0: 64, d: 32, s: 3 };
/** Rows that scale and centre are measured on, and rows held out. */
const fixedRows = 8192;

/** `syn`, `syn-signed` and `readout`: x = H V. `rotations`: [H V, H V Q], Q orthogonal. `transcoder`: y = C H beside x = H V. */
export class SynSource implements ActivationSource {
  readonly dIn: number;
  readonly sources: number;
  readonly identity: SourceIdentity = { model: null, corpus: null, hookPoint: 'synthetic', contextLength: 1, prependBos: false };
  /** What the rows of x are made of, float32 [n0, dIn]. */
  readonly directions: Float32Array;
  /** What a decoder should find, float32 [n0, d]: `directions`, or C. */
  readonly truth: Float32Array;
  readonly sampleTargets?: (rows: number) => Promise<Float32Array>;
  readonly #task: SynTask;
  readonly #kind: SyntheticTask;
  readonly #seed: number;
  readonly #readout: SyntheticReadout | null;
  #batches = 0;

  constructor(task: SynTask, seed: number, kind: SyntheticTask = 'syn') {
    this.#task = kind === 'syn-signed' ? { ...task, signed: true } : task;
    this.#kind = kind;
    this.#seed = seed;
    this.sources = kind === 'rotations' ? 2 : 1;
    this.dIn = task.d * this.sources;
    const directions = synDirections(task, seed);
    this.directions = kind === 'rotations' ? beside(directions, rotated(directions, task.d, seed), task.d) : directions;
    this.truth = kind === 'transcoder' ? unitRows(Random.from(seed, 'targets').normals(task.n0 * task.d), task.n0, task.d)
      : unitRows(this.directions.slice(), task.n0, this.dIn);
    this.#readout = kind === 'readout' ? new SyntheticReadout(task.d, seed) : null;
    if (kind === 'transcoder') this.sampleTargets = (rows) => Promise.resolve(this.#targets(this.#codes(Math.min(rows, fixedRows), 'sample')));
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
    return Promise.resolve(this.#inputs(this.#codes(Math.min(rows, fixedRows), 'sample')));
  }

  next(rows: number): Promise<ActivationBatch> {
    const number = this.#batches++;
    const name = `batch ${number}`;
    const codes = this.#codes(rows, name);
    const x = this.#inputs(codes);
    return Promise.resolve({
      x, rows, originOf: (row: number) => `sample ${row} of synthetic ${name}`,
      origins: Int32Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 0 ? number : at >> 1)),
      ...(this.#kind === 'transcoder' ? { y: this.#targets(codes) } : {}),
      ...(this.#readout === null ? {} : { readout: this.#readout, gradient: this.#readout.gradients(x, rows, Random.from(this.#seed, `labels of ${name}`)) }),
    });
  }

  async *heldOut(): AsyncIterable<HeldOutRows> {
    const codes = this.#codes(fixedRows, 'held out');
    const rows = { x: this.#inputs(codes), rows: fixedRows, mask: new Uint8Array(fixedRows).fill(1) };
    yield this.#kind === 'transcoder' ? { ...rows, y: this.#targets(codes) } : rows;
  }

  close(): void {
    // nothing is held
  }

  #codes(rows: number, stream: string): SynCodes {
    return synCodes(this.#task, rows, Random.from(this.#seed, stream));
  }

  #inputs(codes: SynCodes): Float32Array {
    return synDecode(codes, this.directions, this.dIn);
  }

  #targets(codes: SynCodes): Float32Array {
    return synDecode(codes, this.truth, this.#task.d);
  }
}

/** Rows of float32 [rows, d] turned by a random orthogonal matrix (Gram-Schmidt on Gaussian rows). */
function rotated(rows: Float32Array, d: number, seed: number): Float32Array {
  const q = Float64Array.from(Random.from(seed, 'rotation').normals(d * d));
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < a; b++) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += q[a * d + i]! * q[b * d + i]!;
      for (let i = 0; i < d; i++) q[a * d + i]! -= dot * q[b * d + i]!;
    }
    const norm = Math.hypot(...q.subarray(a * d, (a + 1) * d));
    for (let i = 0; i < d; i++) q[a * d + i]! /= norm;
  }
  const out = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const [row, column] = [at - (at % d), at % d];
    let sum = 0;
    for (let i = 0; i < d; i++) sum += rows[row + i]! * q[i * d + column]!;
    out[at] = sum;
  }
  return out;
}

/** Two float32 [rows, d] side by side: [rows, 2 d]. */
function beside(a: Float32Array, b: Float32Array, d: number): Float32Array {
  const out = new Float32Array(a.length * 2);
  for (let at = 0; at < a.length; at += d) {
    out.set(a.subarray(at, at + d), 2 * at);
    out.set(b.subarray(at, at + d), 2 * at + d);
  }
  return out;
}
