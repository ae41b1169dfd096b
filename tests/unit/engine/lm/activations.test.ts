import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { activate, activationNames, softCap } from '../../../../src/engine/lm/activations.ts';

before(() => loadBackend());

// x = 1 and x = -2, worked with Phi(1) = 0.841345, Phi(-2) = 0.022750, sigmoid(1) = 0.731059, sigmoid(-2) = 0.119203;
// the tanh form: 0.5 x (1 + tanh(0.797885 (x + 0.044715 x^3))) = 0.841192 and -0.045402.
const expected: Record<string, [number, number]> = {
  gelu: [0.841345, -0.0455], gelu_new: [0.841192, -0.045402], gelu_fast: [0.841192, -0.045402], gelu_pytorch_tanh: [0.841192, -0.045402], relu: [1, 0], silu: [0.731059, -0.238406],
};

for (const name of activationNames) {
  test(`${name} at 1 and -2`, () => {
    const [a, b] = tf.tidy(() => activate(tf.tensor1d([1, -2]), name).dataSync());
    assert.ok(Math.abs(a! - expected[name]![0]) < 1e-5 && Math.abs(b! - expected[name]![1]) < 1e-5, `${a}, ${b}`);
  });
}

test('a soft cap bends large numbers to the cap and leaves small ones; null leaves all', () => {
  // 2 tanh(1 / 2) = 0.924234; 2 tanh(50) = 2
  const x = tf.tensor1d([1, 100, -100, 0]);
  [0.924234, 2, -2, 0].forEach((y, i) => assert.ok(Math.abs(softCap(x, 2).dataSync()[i]! - y) < 1e-5));
  assert.equal(softCap(x, null), x);
});
