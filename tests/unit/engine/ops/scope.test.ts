import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../../../src/engine/ops/scope.ts';
import { eachBackend } from '../../../support/backends.ts';

test('the result comes out, the tensors do not, and errors pass through', async (t) => {
  await eachBackend(t, () => {
    assert.deepEqual([...scoped(() => tf.add(tf.tensor1d([1]), tf.tensor1d([2])).dataSync())], [3]);
    assert.throws(() => scoped(() => {
      tf.tensor1d([1]);
      throw new RangeError('stop');
    }), RangeError);
  });
});
