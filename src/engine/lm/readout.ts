/**
 * The rest of a model behind a hook as a differentiable function of the rows that count: what end-to-end dictionaries are trained through.
 * The model's weights are frozen.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { putRows, takeRows } from '../ops/rows.ts';
import type { Readings, Readout } from '../sae/definition.ts';
import type { LanguageModel, RunOptions } from './definition.ts';
import { continueWith, countedRows, residualHook, startOf, type TokenBatch } from './splice.ts';

/** Residual streams behind `hook`, block by block: what a change at the hook changes. */
export function laterHooks(hook: string, layers: number): string[] {
  const first = startOf(hook, layers)?.layer ?? 0;
  return Array.from({ length: Math.max(0, layers - first) }, (_, i) => `blocks.${first + i}.hook_resid_post`);
}

export class ModelReadout implements Readout {
  /** Rows that count, int32 [counted]: row = context * length + position. */
  readonly counted: Int32Array;
  /** The activations there, float32 [counted, d]. */
  readonly x: Float32Array;
  readonly d: number;
  readonly original: Readings;
  readonly #model: LanguageModel;
  readonly #batch: TokenBatch;
  readonly #hook: string;
  readonly #later: readonly string[];
  readonly #residual: Tensor | null;
  /** The value at the hook with zeros where rows count, float32 [batch * length, d]. */
  readonly #base: Tensor2D;
  readonly #shape: readonly number[];

  /**
   * Runs the model once over the contexts. Kinds: not-found, unsupported (a hook without one vector a token), bad-request (no row counts).
   * The caller disposes.
   */
  constructor(model: LanguageModel, batch: TokenBatch, hook: string) {
    this.#model = model;
    this.#batch = batch;
    this.#hook = hook;
    this.d = model.hookWidth(hook);
    this.counted = countedRows(batch.mask);
    if (this.counted.length === 0) throw new LoupeError('bad-request', 'no row of these contexts counts: give longer contexts.');
    const layers = model.config.layers;
    this.#later = laterHooks(hook, layers);
    const start = residualHook(hook, layers);
    const { logits, cache } = this.#run({ names: [...new Set([hook, ...(start === null ? [] : [start]), ...this.#later])] });
    const value = cache.get(hook)!;
    this.#shape = value.shape;
    const all = value.dataSync<'float32'>();
    this.x = new Float32Array(this.counted.length * this.d);
    this.counted.forEach((row, i) => this.x.set(all.subarray(row * this.d, (row + 1) * this.d), i * this.d));
    const base = all.slice();
    for (const row of this.counted) base.fill(0, row * this.d, (row + 1) * this.d);
    this.#base = tf.tensor2d(base, [batch.mask.length, this.d]);
    this.#residual = start === null ? null : tf.clone(cache.get(start)!);
    this.original = tf.tidy(() => this.#readings(logits!, cache) as unknown as tf.TensorContainerObject) as unknown as Readings;
    tf.dispose([logits!, ...cache.values()]);
  }

  /** x float32 [counted, d] in raw units, in place of the model's own: readings of the rows that count. */
  run(x: Tensor2D): Readings {
    const value = tf.reshape(putRows(this.#base, x, this.counted), [...this.#shape]);
    const options = continueWith(this.#hook, value, this.#residual, this.#model.config.layers);
    const { logits, cache } = this.#run({ ...options, names: this.#later, differentiable: true });
    const readings = this.#readings(logits!, cache);
    // The model keeps what it hands out; the caller's scope and tape have handles of their own by now.
    tf.dispose([logits!, ...cache.values()]);
    return readings;
  }

  dispose(): void {
    tf.dispose([this.#base, this.original.logits, ...this.original.later, ...(this.#residual === null ? [] : [this.#residual])]);
  }

  #readings(logits: Tensor, cache: ReadonlyMap<string, Tensor>): Readings {
    const rows = (value: Tensor): Tensor2D => takeRows(tf.reshape(value, [this.#batch.mask.length, value.shape.at(-1)!]) as Tensor2D, this.counted);
    return { logits: rows(logits), later: this.#later.map((name) => rows(cache.get(name)!)) };
  }

  #run(options: RunOptions): ReturnType<LanguageModel['run']> {
    const { tokens, batch, length, documents } = this.#batch;
    return this.#model.run(tokens, batch, length, { ...options, ...(documents === undefined ? {} : { documents }) });
  }
}
