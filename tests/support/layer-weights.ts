/** Tensors of parameter specs at their start values, by name. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Specs } from '../../src/engine/lm/layers/definition.ts';
import type { Random } from '../../src/engine/random.ts';

export function startWeights(specs: Specs, random: Random): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(specs).map(([name, { shape, start }]) => [name, tf.tensor(start(random, shape), [...shape])]));
}

/** The same under the names that an adapter gives them, without the prefix of the layer. */
export function countParameters(specs: Specs): number {
  return Object.values(specs).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
