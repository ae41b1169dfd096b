/** Gradients of a number that is made of the logits, with respect to the values at hooks. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { LoupeError } from '../../shared/errors.ts';
import { forward, type Decoder, type Pass } from './decoder.ts';
import type { HookEdit, RunOptions } from './definition.ts';
import type { HookTable } from './hook-names.ts';
import { HookRun } from './hook-run.ts';

export interface Gradients {
  readonly value: number;
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly cache: ReadonlyMap<string, Tensor>;
}

/**
 * Adds a zero at each named hook and differentiates with respect to it: the gradient there is the gradient of the value.
 *
 * `metric` takes logits float32 [batch, length, vocab] and gives a scalar. Gradients and cached values have the hooks' own
 * shapes ([batch, length, dModel], [batch, length, heads, dHead], [batch, heads, length, length]); the caller disposes them.
 */
export function runWithGradients(
  decoder: Decoder, table: HookTable, tokens: Int32Array, batch: number, length: number,
  metric: (logits: Tensor) => Tensor, names: readonly string[], options: RunOptions = {},
): Gradients {
  if (names.length === 0) throw new LoupeError('bad-request', 'no hook is named: give at least one to differentiate at.');
  const taps = names.map((name) => tf.zeros(table.shape(name, batch, length)));
  let run: HookRun | undefined;
  let size = 0;
  const objective = (...inputs: Tensor[]): Tensor => {
    const edits: HookEdit[] = [...(options.edits ?? []), ...names.map((hook, i): HookEdit => ({ hook, kind: 'add', value: inputs[i]! }))];
    run = new HookRun(table, { batch, length }, { ...options, names, edits, logits: true }, true);
    const pass: Pass = { tokens, batch, length, run, layers: decoder.config.layers, logits: true, documents: options.documents, start: options.start };
    const value = metric(forward(decoder, pass)!);
    size = value.size;
    // An error in here would leave the tape's tensors behind: a metric of the wrong size is refused afterwards.
    return tf.sum(value);
  };
  try {
    const { value, grads } = tf.valueAndGrads(objective)(taps);
    const number = value.dataSync()[0]!;
    value.dispose();
    if (size !== 1) {
      tf.dispose(grads);
      throw new LoupeError('bad-request', `the metric gave ${size} numbers: a gradient needs one.`);
    }
    return { value: number, gradients: new Map(names.map((name, i) => [name, grads[i]!])), cache: run!.cache };
  } catch (error) {
    run?.disposeCache();
    throw error;
  } finally {
    tf.dispose(taps);
  }
}
