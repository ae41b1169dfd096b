import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { dense } from '../../../../../src/engine/lm/layers/dense.ts';
import type { LayerPass, ModelSize } from '../../../../../src/engine/lm/layers/definition.ts';
import { Random } from '../../../../../src/engine/random.ts';

before(() => loadBackend());
const size: ModelSize = { layers: 2, dModel: 2, heads: 1, context: 4, vocab: 5 };

/** A pass that keeps what goes through its hooks. */
function watchedPass(): LayerPass & { readonly seen: Map<string, number[]> } {
  const seen = new Map<string, number[]>();
  return {
    seen, layer: 0, training: false, keep: null, differentiable: true, random: Random.from(0),
    at: (hook, value) => (seen.set(hook, [...value.dataSync()]), value),
    touches: () => true, share: () => undefined, update: () => undefined, kept: (_name, make) => make(),
    shared: () => assert.fail('nothing is shared'),
  };
}

const x = (): Tensor2D => tf.tensor2d([[1, -1]]);

test('squared ReLU by hand', () => {
  // x W + b = [1 - 2, 2 + 1] + [0, 1] = [-1, 4] -> [0, 16]; times W' = [[1, 0], [0.5, -1]] -> [8, -16]; plus [1, 1]
  const config = dense.config.parse({ activation: 'relu2', hidden: 2 }) as Parameters<typeof dense.forward>[2];
  const weights = { 'mlp.in.weight': tf.tensor2d([[1, 2], [2, -1]]), 'mlp.in.bias': tf.tensor1d([0, 1]), 'mlp.out.weight': tf.tensor2d([[1, 0], [0.5, -1]]), 'mlp.out.bias': tf.tensor1d([1, 1]) };
  const pass = watchedPass();
  const { y, losses } = dense.forward(x(), weights, config, pass, size);
  assert.deepEqual([...y.dataSync()], [9, -15]);
  assert.deepEqual(pass.seen.get('mlp.hook_pre'), [-1, 4]);
  assert.deepEqual(pass.seen.get('mlp.hook_post'), [0, 16]);
  assert.deepEqual(losses, {});
});

test('a gate multiplies the linear half, and both have hooks', () => {
  const config = dense.config.parse({ activation: 'swiglu', hidden: 1 }) as Parameters<typeof dense.forward>[2];
  const weights = { 'mlp.gate.weight': tf.tensor2d([[0], [0]]), 'mlp.in.weight': tf.tensor2d([[1], [1]]), 'mlp.out.weight': tf.tensor2d([[1, 1]]) };
  const pass = watchedPass();
  assert.deepEqual([...dense.forward(x(), weights, config, pass, size).y.dataSync()], [0, 0]); // silu(0) = 0
  assert.deepEqual([...pass.seen.keys()], ['mlp.hook_pre', 'mlp.hook_pre_linear', 'mlp.hook_post']);
});

for (const activation of ['gelu', 'relu', 'relu2', 'swiglu'] as const) {
  test(`${activation}: active parameters are those that there are, and hooks are as wide as the units`, () => {
    const config = dense.config.parse({ activation }) as Parameters<typeof dense.forward>[2];
    const counted = Object.values(dense.parameters(config, size, 0)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.equal(dense.active(config, size, 0), counted);
    for (const [, width] of dense.hooks!(config, size)) assert.equal(width, dense.units(config, size));
  });
}

test('keep leaves the largest ReLU units of a token, and is refused for other activations and beyond the units', () => {
  const config = dense.config.parse({ activation: 'relu', hidden: 3, keep: 1 }) as Parameters<typeof dense.forward>[2];
  const weights = { 'mlp.in.weight': tf.tensor2d([[1, 2, 3], [0, 0, 9]]), 'mlp.in.bias': tf.tensor1d([0, 0, 0]), 'mlp.out.weight': tf.tensor2d([[1, 0], [0, 1], [5, 5]]), 'mlp.out.bias': tf.tensor1d([0, 0]) };
  const pass = watchedPass();
  // x = (1, -1): units 1, 2 and max(0, 3 - 9)
  assert.deepEqual([...dense.forward(x(), weights, config, pass, size).y.dataSync()], [0, 2]);
  assert.deepEqual(pass.seen.get('mlp.hook_post'), [0, 2, 0]);
  assert.equal(dense.problem!(config, size), null);
  assert.match(dense.problem!({ ...config, keep: 4 }, size)!, /keep is 4, the MLP has 3/u);
  assert.match(dense.problem!({ ...config, activation: 'gelu' }, size)!, /activation is gelu/u);
});
