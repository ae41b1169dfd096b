/** How sparse the hidden units of a layer are (The Lazy Neuron Phenomenon, Li et al. 2022, arXiv 2210.06313, section 2): streaming, one object a layer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../../../shared/errors.ts';
import { scoped } from '../../../ops/scope.ts';

export interface SparsityFigures {
  readonly tokens: number;
  /** Share of entries that fire (are not exactly 0, or exceed the threshold), mean over tokens, in [0, 1]; lower is sparser. */
  readonly share: number;
  /** The same over units that fired at least once: dead units lower `share` without any conditional sparsity. 0 where all are dead. */
  readonly shareOfLive: number;
  /** Units that never fired. */
  readonly dead: number;
  /** Units that fired on every token. */
  readonly always: number;
  /** Share of tokens on which a unit fires, float64 [units]. */
  readonly firingRates: Float64Array;
  /** Tokens by how many units fire on them, 0 to units: int32 [units + 1]. */
  readonly histogram: Int32Array;
  /**
   * Share of entries with |a| above 1 % of the largest |a| of their batch. For smooth activations, which have no exact zeros: not comparable with `share`, and to
   * be shown under a name of its own.
   */
  readonly nearMaximum: number;
}

/** Entries above this share of the largest count as active in `nearMaximum`. */
const nearShare = 0.01;

export class ActivationSparsity {
  readonly #units: number;
  readonly #threshold: number;
  readonly #fired: Float64Array;
  readonly #histogram: Int32Array;
  #tokens = 0;
  #near = 0;

  /** An entry fires where |a| exceeds `threshold`: 0 for units with exact zeros, more for smooth ones, in the units' own scale. */
  constructor(units: number, threshold = 0) {
    this.#units = units;
    this.#threshold = threshold;
    this.#fired = new Float64Array(units);
    this.#histogram = new Int32Array(units + 1);
  }

  /**
   * Adds post-activations float32 [tokens, units], before any dropout.
   *
   * @param counted 1 for tokens that count, 0 for padding, [tokens]; null: all count
   */
  add(post: Tensor2D, counted: Uint8Array | null = null): void {
    const [tokens, units] = post.shape;
    if (units !== this.#units) throw new LoupeError('mismatch', `the activations have ${units} units, the layer has ${this.#units}`);
    scoped(() => {
      const kept = counted === null ? tf.ones([tokens, 1]) : tf.tensor2d(Float32Array.from(counted), [tokens, 1]);
      const values = tf.mul(post, kept);
      const sizes = tf.abs(values);
      const active = tf.cast(tf.greater(sizes, this.#threshold), 'float32');
      tf.sum(active, 0).dataSync().forEach((count, unit) => (this.#fired[unit]! += count));
      const perToken = tf.sum(active, 1).dataSync();
      for (let token = 0; token < tokens; token++) if (counted?.[token] !== 0) this.#histogram[perToken[token]!]!++;
      this.#near += tf.sum(tf.cast(tf.greater(sizes, tf.mul(tf.max(sizes), nearShare)), 'float32')).dataSync()[0]!;
      this.#tokens += counted === null ? tokens : counted.reduce((sum, one) => sum + Number(one !== 0), 0);
    });
  }

  /** All that was counted, for a checkpoint: exact as JSON. */
  state(): { readonly counts: number[]; readonly fired: number[]; readonly histogram: number[] } {
    return { counts: [this.#tokens, this.#near], fired: [...this.#fired], histogram: [...this.#histogram] };
  }

  /** Goes on where another one of as many units was. Kind mismatch. */
  restore({ counts: [tokens, near], fired, histogram }: ReturnType<ActivationSparsity['state']>): void {
    if (fired.length !== this.#units || histogram.length !== this.#units + 1) throw new LoupeError('mismatch', `the counts are of ${fired.length} units, the layer has ${this.#units}`);
    this.#fired.set(fired);
    this.#histogram.set(histogram);
    [this.#tokens, this.#near] = [tokens!, near!];
  }

  /** Figures of all tokens so far. Kind bad-request before the first. */
  figures(): SparsityFigures {
    if (this.#tokens === 0) throw new LoupeError('bad-request', 'no token was counted: sparsity needs one at least');
    const fired = this.#fired.reduce((sum, count) => sum + count, 0);
    const live = this.#fired.reduce((n, count) => n + Number(count > 0), 0);
    return {
      tokens: this.#tokens,
      share: fired / (this.#tokens * this.#units),
      shareOfLive: live === 0 ? 0 : fired / (this.#tokens * live),
      dead: this.#units - live,
      always: this.#fired.reduce((n, count) => n + Number(count === this.#tokens), 0),
      firingRates: this.#fired.map((count) => count / this.#tokens),
      histogram: this.#histogram.slice(),
      nearMaximum: this.#near / (this.#tokens * this.#units),
    };
  }
}
