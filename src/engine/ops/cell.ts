/** A tensor that is updated in place: a resource variable of the runtime, or on other backends a kept tensor. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { hasNative, ResourceVariable } from '../backend/native-binding.ts';

export interface Cell {
  readonly shape: readonly number[];
  /** The value, as a tensor that the caller (or its scope) disposes. */
  read(): Tensor;
  /** Sets the value; the shape and dtype stay. The tensor remains the caller's. */
  assign(value: Tensor): void;
  dispose(): void;
}

class TensorCell implements Cell {
  readonly shape: readonly number[];
  #value: Tensor | undefined;

  constructor(initial: Tensor) {
    this.shape = [...initial.shape];
    this.#value = tf.keep(initial.clone());
  }

  read(): Tensor {
    return this.#held().clone();
  }

  assign(value: Tensor): void {
    const old = this.#held();
    tf.util.assertShapesMatch(value.shape, old.shape, 'a cell keeps its shape: ');
    this.#value = tf.keep(value.clone());
    old.dispose();
  }

  dispose(): void {
    this.#value?.dispose();
    this.#value = undefined;
  }

  #held(): Tensor {
    if (this.#value === undefined) throw new LoupeError('disposed', 'the cell was disposed');
    return this.#value;
  }
}

/**
 * A cell holding a copy of `initial`, of any shape like [rows, d], float32 or int32; `initial` remains the caller's.
 * On the tensorflow backend it is a ResourceVariable, which the native row update changes without a copy.
 */
export function createCell(initial: Tensor): Cell {
  return hasNative('LoupeRowUpdate') ? new ResourceVariable(initial) : new TensorCell(initial);
}
