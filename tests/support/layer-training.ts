/** A training loop over weights by name, small enough for a test: Adam on the gradient of a loss that draws its own batches. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { adam, createAdamCell, disposeAdamCell } from '../../src/engine/ops/adam.ts';

export type Named = Record<string, Tensor>;

/** Gradients of loss(weights) by name. */
export function gradientsOf(weights: Named, loss: (weights: Named) => Scalar): { readonly value: number; readonly gradients: Named } {
  const names = Object.keys(weights);
  const of = (...tensors: Tensor[]): Scalar => loss(Object.fromEntries(names.map((name, i) => [name, tensors[i]!])));
  const { value, grads } = tf.valueAndGrads(of)(names.map((name) => weights[name]!));
  const number = value.dataSync()[0]!;
  value.dispose();
  return { value: number, gradients: Object.fromEntries(names.map((name, i) => [name, grads[i]!])) };
}

export interface SmallTraining {
  readonly steps: number;
  readonly lr: number;
  readonly weightDecay?: number;
}

/** Trained copies of the weights, which are disposed, and the loss of each step. */
export function trainSmall(initial: Named, loss: (weights: Named, step: number) => Scalar, { steps, lr, weightDecay = 0 }: SmallTraining): { readonly weights: Named; readonly losses: number[] } {
  const cells = Object.fromEntries(Object.entries(initial).map(([name, value]) => [name, createAdamCell(value)]));
  tf.dispose(initial);
  const read = (): Named => Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.value.read()]));
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    tf.tidy(() => {
      const weights = read();
      const { value, gradients } = gradientsOf(weights, (now) => loss(now, step));
      losses.push(value);
      for (const [name, cell] of Object.entries(cells)) {
        if (weightDecay > 0 && weights[name]!.rank > 1) cell.value.assign(tf.mul(weights[name]!, 1 - lr * weightDecay));
        adam(cell, gradients[name]!, { lr, step, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 });
      }
    });
  }
  const weights = Object.fromEntries(Object.entries(read()).map(([name, value]) => [name, tf.clone(value)]));
  for (const cell of Object.values(cells)) disposeAdamCell(cell);
  return { weights, losses };
}
