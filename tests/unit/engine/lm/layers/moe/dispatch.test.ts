import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { fromSlots, inSlotOrder, planDispatch, toSlots } from '../../../../../../src/engine/lm/layers/moe/dispatch.ts';
import { eachBackend } from '../../../../../support/backends.ts';

// token 0 goes to experts 2 and 0, token 1 to 0 and 3, token 2 to 2 and 3; expert 1 gets nobody
const choice = { experts: Int32Array.of(2, 0, 0, 3, 2, 3), tokens: 3, k: 2 };

test('slots stand by expert, and places find them again', () => {
  const plan = planDispatch(choice, 4);
  assert.deepEqual([...plan.slots], [1, 2, 0, 4, 3, 5]);
  assert.deepEqual([...plan.places], [2, 0, 1, 4, 3, 5]);
  assert.deepEqual(plan.groups, [{ expert: 0, count: 2 }, { expert: 2, count: 2 }, { expert: 3, count: 2 }]);
});

test('rows go to their slots and back, and each map is the gradient of the other', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const plan = planDispatch(choice, 4);
    const x = tf.tensor2d([[1, 10], [2, 20], [3, 30]]);
    assert.deepEqual([...toSlots(x, plan).dataSync()], [1, 10, 2, 20, 1, 10, 3, 30, 2, 20, 3, 30]);
    const slots = tf.tensor2d([[1], [2], [3], [4], [5], [6]]);
    // token 0: slots 2 and 0; token 1: 1 and 4; token 2: 3 and 5
    assert.deepEqual([...fromSlots(slots, plan).dataSync()], [4, 7, 10]);
    const there = tf.grad((rows) => tf.sum(tf.mul(toSlots(rows as Tensor2D, plan), slots)))(tf.ones([3, 1]));
    assert.deepEqual([...there.dataSync()], [4, 7, 10]);
    const back = tf.grad((rows) => tf.sum(tf.mul(fromSlots(rows as Tensor2D, plan), tf.tensor2d([[1], [2], [3]]))))(slots);
    assert.deepEqual([...back.dataSync()], [1, 2, 1, 3, 2, 3]);
    const numbers = tf.tensor2d([[11, 12], [21, 22], [31, 32]]);
    assert.deepEqual([...inSlotOrder(numbers, plan).dataSync()], [12, 21, 11, 31, 22, 32]);
    const order = tf.grad((n) => tf.sum(tf.mul(inSlotOrder(n as Tensor2D, plan), slots)))(numbers);
    assert.deepEqual([...order.dataSync()], [3, 1, 2, 5, 4, 6]);
  }));
});
