import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { applyLinear, splitColumns } from '../../../../src/engine/lm/linear.ts';

before(() => loadBackend());

for (const differentiable of [false, true]) {
  test(`both layouts give the same map, and the bias is added; ${differentiable ? 'with' : 'without'} gradients`, () => {
    const x = tf.tensor2d([[1, 2]]);
    // outputs: 1*1 + 2*2 = 5, 1*3 + 2*4 = 11, 1*5 + 2*6 = 17
    const weight = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
    assert.deepEqual([...applyLinear(x, { weight, layout: 'out-in', bias: null }, { differentiable }).dataSync()], [5, 11, 17]);
    const bias = tf.tensor1d([1, 0, -1]);
    assert.deepEqual([...applyLinear(x, { weight: tf.transpose(weight), layout: 'in-out', bias }, { differentiable }).dataSync()], [6, 11, 16]);
  });
}

test('columns are cut by their widths', () => {
  const parts = splitColumns(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), [2, 1]);
  assert.deepEqual(parts.map((part) => [...part.dataSync()]), [[1, 2, 4, 5], [3, 6]]);
});
