/** What every kind of layer must hold, beside its own mathematics. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { AnyLayerKind, LayerResult, ModelSize, Weights } from '../../src/engine/lm/layers/definition.ts';
import { Random } from '../../src/engine/random.ts';
import { assertClose } from './closeness.ts';
import { gradientsOf } from './layer-training.ts';
import { watchedPass } from './layer-pass.ts';
import { startWeights } from './layer-weights.ts';

export const smallSize: ModelSize = { layers: 2, dModel: 12, heads: 2, context: 8, vocab: 10 };

/** Start weights with biases and routers moved off 0, so that everything has a gradient. */
export function livelyWeights(kind: AnyLayerKind, config: unknown, size: ModelSize, layer = 0): Record<string, Tensor> {
  const random = Random.from(3);
  const weights = startWeights(kind.parameters(config, size, layer), random);
  for (const [name, value] of Object.entries(weights)) {
    if (!/mean|variance/u.test(name)) weights[name] = tf.add(value, tf.tensor(random.normals(value.size, 0.2), value.shape));
  }
  return weights;
}

export function inputRows(size: ModelSize, rows = 24): Tensor2D {
  return tf.tensor2d(Random.from(4).normals(rows * size.dModel), [rows, size.dModel]);
}

/** The layer's output is the same whether its hook is looked at or not, the hook is as wide as its units, and an edit there reaches the output. */
export function checkHook(kind: AnyLayerKind, config: unknown, size = smallSize): void {
  const weights = livelyWeights(kind, config, size);
  const x = inputRows(size);
  const plain = kind.forward(x, weights, config, watchedPass(), size).y.dataSync();
  const pass = watchedPass({ watch: true });
  const watched = kind.forward(x, weights, config, pass, size).y.dataSync();
  assertClose(watched, plain, 1e-5);
  assert.equal(pass.seen.get('mlp.hook_post')!.length, 24 * kind.units(config, size));
  const emptied = kind.forward(x, weights, config, watchedPass({ watch: true, edit: (hook, value) => (hook === 'mlp.hook_post' ? tf.zerosLike(value) : value) }), size).y.dataSync();
  // what is left is a bias at most, the same for every token
  for (let i = size.dModel; i < emptied.length; i++) assert.equal(emptied[i], emptied[i % size.dModel]);
  assert.ok(Math.max(...Array.from(plain, (value, i) => Math.abs(value - emptied[i]!))) > 1e-3);
}

/** Every trained parameter has a gradient of the output and the weighted losses; returns the result of one pass. */
export function checkGradients(kind: AnyLayerKind, config: unknown, size = smallSize): LayerResult {
  const weights = livelyWeights(kind, config, size);
  const specs = kind.parameters(config, size, 0);
  const trained = Object.fromEntries(Object.entries(weights).filter(([name]) => specs[name]!.trained !== false));
  const x = inputRows(size);
  const factors = kind.lossWeights?.(config) ?? {};
  const { gradients } = gradientsOf(trained, (now) => {
    const { y, losses } = kind.forward(x, { ...weights, ...now } as Weights, config, watchedPass({ training: true }), size);
    return Object.entries(losses).reduce<Tensor>((sum, [name, loss]) => tf.add(sum, tf.mul(loss, factors[name] ?? Number.NaN)), tf.mean(tf.square(y))) as Scalar;
  });
  for (const [name, gradient] of Object.entries(gradients)) {
    const largest = tf.max(tf.abs(gradient)).dataSync()[0]!;
    assert.ok(largest > 0 && Number.isFinite(largest), `${name}: ${largest}`);
  }
  return kind.forward(x, weights, config, watchedPass(), size);
}
