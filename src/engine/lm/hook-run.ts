/** The hooks of one forward pass: which values are wanted, which are changed, and whether anything is left to compute. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import type { HookEdit, RunOptions } from './definition.ts';
import type { ExpertsOff } from './experts/experts-off.ts';
import type { HookTable } from './hook-names.ts';

export interface PassShape {
  readonly batch: number;
  readonly length: number;
  /** Tokens before this pass whose keys are cached. */
  readonly past?: number;
}

export class HookRun {
  readonly freezeNorms: boolean;
  readonly freezePatterns: boolean;
  /** Every op must be one that autograd can go through. */
  readonly differentiable: boolean;
  /** Gradients of the weights are wanted. */
  readonly training: boolean;
  /** Experts that take no part. */
  readonly off: ExpertsOff | null;
  readonly cache = new Map<string, Tensor>();
  readonly #wanted: ReadonlySet<string>;
  readonly #edits = new Map<string, HookEdit[]>();
  readonly #table: HookTable;
  readonly #shape: PassShape;
  readonly #wantsLogits: boolean;

  constructor(table: HookTable, shape: PassShape, options: RunOptions, differentiable = false, training = false) {
    this.#table = table;
    this.#shape = shape;
    this.#wanted = new Set(options.names ?? []);
    this.#wanted.forEach((name) => table.check(name));
    for (const edit of options.edits ?? []) this.#addEdit(edit);
    this.#wantsLogits = options.logits ?? true;
    this.freezeNorms = options.freezeNorms ?? false;
    this.freezePatterns = options.freezePatterns ?? false;
    this.off = options.off ?? null;
    this.differentiable = differentiable;
    this.training = training;
  }

  /** A run of the same shape in whose pass nobody looks. */
  quiet(): HookRun {
    return new HookRun(this.#table, this.#shape, { freezeNorms: this.freezeNorms, freezePatterns: this.freezePatterns, ...(this.off === null ? {} : { off: this.off }) }, this.differentiable, this.training);
  }

  #addEdit(edit: HookEdit): void {
    const expected = this.#shapeOf(edit.hook);
    if (edit.kind !== 'map' && !broadcasts(edit.value.shape, expected)) {
      throw new LoupeError('mismatch', `the edit of ${edit.hook} has the shape [${edit.value.shape.join(', ')}], and the value there is [${expected.join(', ')}].`);
    }
    this.#edits.set(edit.hook, [...(this.#edits.get(edit.hook) ?? []), edit]);
  }

  #shapeOf(name: string): number[] {
    return this.#table.shape(name, this.#shape.batch, this.#shape.length, this.#shape.past);
  }

  /** Whether the value at `name` must exist as a tensor of its own: it is wanted or changed. */
  touches(name: string): boolean {
    return this.#wanted.has(name) || this.#edits.has(name);
  }

  touchesAny(prefix: string, names: readonly string[]): boolean {
    return names.some((name) => this.touches(prefix + name));
  }

  /** Some block's attention must be computed hook by hook. */
  get touchesAttention(): boolean {
    return [...this.#wanted, ...this.#edits.keys()].some((name) => name.includes('.attn.') && !name.endsWith('.hook_z'));
  }

  /** Nothing that is wanted is still to come. */
  get finished(): boolean {
    return !this.#wantsLogits && this.cache.size === this.#wanted.size;
  }

  /**
   * Passes `value` through the hook: applies the edits, keeps the result when it is wanted, and gives it on.
   * The value may come in any shape of the right size (rows flattened), and goes on in the same.
   */
  at(name: string, value: Tensor): Tensor {
    if (!this.touches(name)) return value;
    const shape = this.#shapeOf(name);
    let full: Tensor = tf.reshape(value, shape);
    for (const edit of this.#edits.get(name) ?? []) full = applyEdit(edit, full);
    if (full.shape.join() !== shape.join()) {
      throw new LoupeError('mismatch', `the edit of ${name} gave the shape [${full.shape.join(', ')}] for [${shape.join(', ')}].`);
    }
    if (this.#wanted.has(name)) this.cache.set(name, tf.keep(tf.clone(full)));
    return tf.reshape(full, value.shape);
  }

  /** Frees what was kept, after a failure. */
  disposeCache(): void {
    this.cache.forEach((value) => value.dispose());
    this.cache.clear();
  }
}

function applyEdit(edit: HookEdit, value: Tensor): Tensor {
  if (edit.kind === 'replace') return tf.broadcastTo(edit.value, value.shape);
  return edit.kind === 'add' ? tf.add(value, edit.value) : edit.map(value);
}

/** Whether `shape` can stand for `expected`: the same from the last axis forwards, with ones where it repeats. */
function broadcasts(shape: readonly number[], expected: readonly number[]): boolean {
  if (shape.length > expected.length) return false;
  const tail = expected.slice(expected.length - shape.length);
  return shape.every((n, i) => n === tail[i] || n === 1);
}
