/**
 * Inference-time decomposition of activations (Leask et al. 2025, arXiv 2505.17769, algorithm 1): one pass over activations, in which each
 * that the dictionary does not yet explain becomes an atom. No gradient.
 *
 * A batch is first screened with the dictionary as it stands; what fails is looked at again one row after the other, with the atoms added
 * since, so that near-duplicates do not enter together [our choice: the paper appends a whole batch and drops duplicates]. Only failing
 * rows are encoded twice. Whether a row passes is known as soon as its error falls below tau, since each step lowers it: rows
 * stop there, which changes nothing but the time.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../shared/errors.ts';
import { gramPursuit, pursuitRecord } from '../../ops/gram-pursuit.ts';
import type { PursuitRecord } from '../../ops/gram-pursuit.ts';
import { pursue } from '../../ops/matching-pursuit.ts';
import { orthogonalPursuit } from '../../ops/orthogonal-pursuit.ts';
import { scoped } from '../../ops/scope.ts';
import { GrowingDictionary } from './growing-dictionary.ts';

export type PursuitMethod = 'plain' | 'orthogonal';

export interface BuilderSettings {
  /** Atoms in a code, at most. */
  readonly steps: number;
  /** A row becomes an atom where its squared error is above this share of its squared norm, or above this as it is where `absolute`. */
  readonly tau: number;
  readonly absolute: boolean;
  readonly method: PursuitMethod;
  /** The first so many distinct rows enter unconditionally. */
  readonly initial: number;
  /** Rows closer than this cosine to an atom, of either sign, are duplicates and never enter. */
  readonly duplicateCosine: number;
}

/** What a batch did. */
export interface BuildReport {
  readonly added: number;
  /** Rows that should have entered and found the dictionary full. */
  readonly refused: number;
  /** Sum of squared errors; a row that passes is counted as of the step that brought it below tau, so this is an upper bound. */
  readonly error: number;
  /** Atoms used, summed over rows, up to that step. */
  readonly active: number;
}

/** Failing rows whose products with the atoms are made together [our choice: sae-variants.md section 8]: those with atoms added since stay few. */
const blockRows = 256;

interface Row {
  readonly offset: number;
  readonly square: number;
  readonly limit: number;
}

export class ItdaBuilder {
  #dictionary: GrowingDictionary;
  #labels: number[] = [];
  readonly #settings: BuilderSettings;
  readonly #record: PursuitRecord;
  #scratch = new Float32Array(0);

  constructor(d: number, cap: number, settings: BuilderSettings) {
    this.#dictionary = new GrowingDictionary(d, cap);
    this.#settings = settings;
    this.#record = pursuitRecord(settings.steps);
  }

  get dictionary(): GrowingDictionary {
    return this.#dictionary;
  }

  /** Context and position of the row that each atom is, [2 * count]. */
  get labels(): readonly number[] {
    return this.#labels;
  }

  /**
   * Goes over a batch in order.
   *
   * @param x float32 [rows, d]
   * @param origins int32 [rows, 2]: context and position of each row
   * @param used called with each atom that a row's code holds
   * @throws LoupeError `not-finite`; nothing has changed then
   */
  add(x: Tensor2D, origins: Int32Array, used: (atom: number) => void = () => {}): BuildReport {
    const values = x.dataSync() as Float32Array;
    const rows = this.#rows(values);
    const report = { added: 0, refused: 0, error: 0, active: 0 };
    const failing = this.#screen(x, rows, report, used);
    if (this.#dictionary.full && this.#settings.method === 'plain') return { ...report, refused: failing.length };
    for (let first = 0; first < failing.length; first += blockRows) {
      const block = failing.subarray(first, first + blockRows);
      const products = scoped(() => this.#dictionary.products(tf.gather(x, tf.tensor1d(block, 'int32'))));
      const known = this.#dictionary.count;
      for (const [at, r] of block.entries()) {
        const { added, refused } = this.#addRow(values, rows[r]!, products.subarray(at * known, (at + 1) * known));
        if (added) this.#labels.push(origins[2 * r]!, origins[2 * r + 1]!);
        report.added += Number(added);
        report.refused += Number(refused);
        report.error += this.#record.error;
        report.active += this.#record.taken;
        for (let step = 0; step < this.#record.taken; step++) used(this.#record.atoms[step]!);
      }
    }
    return report;
  }

  /**
   * Encodes all rows with the dictionary as it stands, counts those that pass in `report`, and gives the others, int32 [failing]; rows of norm 0
   * are neither. Where the dictionary has not begun, and by the orthogonal method, all rows are others.
   */
  #screen(x: Tensor2D, rows: readonly Row[], report: { error: number; active: number }, used: (atom: number) => void): Int32Array {
    const { steps, method, initial } = this.#settings;
    const some = Int32Array.from(rows.keys()).filter((r) => rows[r]!.square > 0);
    if (method === 'orthogonal' || this.#dictionary.count < initial || this.#dictionary.count === 0) return some;
    return scoped(() => {
      const { atoms, gram } = this.#dictionary.tensors();
      const tolerance = tf.tensor2d(Float32Array.from(rows, ({ limit }) => Math.sqrt(limit)), [rows.length, 1]);
      const trace = pursue(x, atoms, { steps, tolerance, rule: 'magnitude', gram });
      const [errors, coefficients, chosen] = [tf.sum(tf.square(trace.residual), 1).dataSync(), trace.coefficients.dataSync(), trace.atoms.dataSync()];
      return some.filter((r) => {
        if (errors[r]! > rows[r]!.limit && !this.#dictionary.full) return true;
        report.error += errors[r]!;
        for (let at = r * steps; at < (r + 1) * steps && coefficients[at] !== 0; at++) {
          report.active++;
          used(chosen[at]!);
        }
        return errors[r]! > rows[r]!.limit;
      });
    });
  }

  /** `products`: inner products of the row with the atoms of the screening. Its code is left in the record. */
  #addRow(values: Float32Array, row: Row, products: Float32Array): { readonly added: boolean; readonly refused: boolean } {
    const dictionary = this.#dictionary;
    const all = this.#extended(values, row, products);
    if (!this.#fails(all, dictionary.count, row) || !this.#enters(all, row)) return { added: false, refused: false };
    if (dictionary.full) return { added: false, refused: true };
    dictionary.append(values, row.offset, Math.sqrt(row.square));
    return { added: true, refused: false };
  }

  /** Takes back atoms float32 [count, d] and their labels, as a checkpoint holds them. */
  restore(atoms: Float32Array, labels: ArrayLike<number>): void {
    const { d, cap } = this.dictionary;
    const dictionary = new GrowingDictionary(d, cap);
    for (let offset = 0; offset < atoms.length; offset += d) dictionary.append(atoms, offset, 1);
    this.#dictionary = dictionary;
    this.#labels = Array.from(labels);
  }

  #rows(values: Float32Array): Row[] {
    const { tau, absolute } = this.#settings;
    const { d } = this.dictionary;
    return Array.from({ length: values.length / d }, (_, r) => {
      let square = 0;
      for (let i = r * d; i < (r + 1) * d; i++) square += values[i]! * values[i]!;
      if (!Number.isFinite(square)) throw new LoupeError('not-finite', `row ${r} of the batch holds a value that is not a finite number`);
      return { offset: r * d, square, limit: absolute ? tau : tau * square };
    });
  }

  /** Encodes a row from its inner products with the first `count` atoms; whether its error stays above tau. */
  #fails(products: Float32Array, count: number, { square, limit }: Row): boolean {
    const { steps, method } = this.#settings;
    if (count < this.#settings.initial) {
      this.#record.taken = 0;
      this.#record.error = 0;
      return true;
    }
    if (method === 'orthogonal') this.#orthogonal(products.subarray(0, count), square, limit);
    else gramPursuit(this.#copied(products, count), count, this.dictionary.gram, square, { steps, limit }, this.#record);
    return this.#record.error > limit;
  }

  #orthogonal(products: Float32Array, square: number, limit: number): void {
    const code = orthogonalPursuit(products, this.dictionary.gram, square, this.#settings.steps, limit);
    this.#record.taken = code.atoms.length;
    this.#record.atoms.set(code.atoms);
    this.#record.error = code.error;
  }

  /** A copy that the pursuit may overwrite. */
  #copied(products: Float32Array, count: number): Float32Array {
    if (this.#scratch.length < count) this.#scratch = new Float32Array(Math.max(count, this.dictionary.cap));
    this.#scratch.set(products.length === count ? products : products.subarray(0, count));
    return this.#scratch;
  }

  /** Inner products with all atoms: those of the screening, and with the atoms added since. */
  #extended(values: Float32Array, { offset }: Row, screened: Float32Array): Float32Array {
    const { count } = this.dictionary;
    if (screened.length === count) return screened;
    const out = new Float32Array(count);
    out.set(screened);
    for (let j = screened.length; j < count; j++) out[j] = this.dictionary.product(values, offset, j);
    return out;
  }

  /** Not a duplicate of an atom. */
  #enters(products: Float32Array, row: Row): boolean {
    const most = this.#settings.duplicateCosine * Math.sqrt(row.square);
    return !products.some((product) => Math.abs(product) > most);
  }
}
