import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { BlockTools, Weights } from '../../../../../src/engine/lm/layers/definition.ts';
import { linearOf, normSpecs, preNorm } from '../../../../../src/engine/lm/layers/pre-norm.ts';

before(() => loadBackend());
const size = { layers: 2, dModel: 4, heads: 2, context: 8, vocab: 10 };

/** Tools that write down what they are asked for: the norm doubles, attention adds ten. */
function toolsOf(asked: string[], finishedAfter = Infinity): BlockTools {
  const say = (what: string, value: Tensor2D): Tensor2D => (asked.push(what), value);
  return {
    size,
    norm: (name, x) => say(name, tf.mul(x, 2)),
    attend: (x) => say('attend', tf.add(x, 10)),
    at: (hook, value) => say(hook, value),
    get finished() {
      return asked.length >= finishedAfter;
    },
  };
}

test('both halves are added to the stream: x + attend(2x), and then layer(2 mid)', () => {
  const asked: string[] = [];
  const out = preNorm.apply(tf.tensor2d([[1]]), {} as Weights, (normed) => tf.add(normed, 100), toolsOf(asked));
  // mid = 1 + (2 + 10) = 13; 13 + (26 + 100) = 139
  assert.deepEqual([...out.dataSync()], [139]);
  assert.deepEqual(asked, ['ln1', 'attend', 'hook_attn_out', 'hook_resid_mid', 'ln2', 'hook_mlp_out']);
});

test('nothing is computed behind the last wanted hook', () => {
  const asked: string[] = [];
  preNorm.apply(tf.tensor2d([[1]]), {} as Weights, () => assert.fail('the layer is not wanted'), toolsOf(asked, 4));
  assert.deepEqual(asked, ['ln1', 'attend', 'hook_attn_out', 'hook_resid_mid']);
});

test('4 d^2 weights of attention, its biases and two norms', () => {
  const count = Object.values(preNorm.parameters(size)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.equal(count, 4 * 16 + 4 * 4 + 4 * 4); // 4 d^2 + (3 d + d) + 2 * 2 d
  assert.deepEqual(Object.keys(normSpecs('ln', 3)), ['ln.weight', 'ln.bias']);
});

test('a linear map stands [in, out], with a bias where there is one', () => {
  const weight = tf.zeros([2, 3]);
  assert.deepEqual(linearOf({ 'a.weight': weight }, 'a'), { weight, layout: 'in-out', bias: null });
});
