import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { constant } from '../../../../src/engine/lm/constant.ts';

before(() => loadBackend());

test('a constant keeps its value and stops the gradient', () => {
  // d/dx of x * constant(x) at 3 is 3, not 6
  const { value, grad } = tf.valueAndGrad((x) => tf.sum(tf.mul(x as tf.Tensor, constant(x as tf.Tensor))))(tf.tensor1d([3]));
  assert.equal(value.dataSync()[0], 9);
  assert.equal(grad.dataSync()[0], 3);
});
