import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { putRows, takeRows } from '../../../../src/engine/ops/rows.ts';
import { eachBackend } from '../../../support/backends.ts';

test('rows are taken and put, and gradients go the other way', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const at = Int32Array.of(2, 0);
    assert.deepEqual([...takeRows(x, at).dataSync()], [5, 6, 1, 2]);
    const weights = tf.tensor2d([10, 20, 30, 40], [2, 2]);
    const taken = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(takeRows(input as Tensor2D, at), weights)))(x);
    assert.deepEqual([...taken.dataSync()], [30, 40, 0, 0, 10, 20]);
    const base = tf.tensor2d([0, 0, 7, 8, 0, 0], [3, 2]);
    assert.deepEqual([...putRows(base, weights, at).dataSync()], [30, 40, 7, 8, 10, 20]);
    const put = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(putRows(base, input as Tensor2D, at), x)))(weights);
    assert.deepEqual([...put.dataSync()], [5, 6, 1, 2]);
  }));
});

test('the gradients of a row that is named often are added up', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const at = Int32Array.of(2, 0, 2, 2);
    assert.deepEqual([...takeRows(x, at).dataSync()], [5, 6, 1, 2, 5, 6, 5, 6]);
    const weights = tf.tensor2d([1, 2, 10, 20, 100, 200, 1000, 2000], [4, 2]);
    const gradient = tf.grad((input: tf.Tensor) => tf.sum(tf.mul(takeRows(input as Tensor2D, at), weights)))(x);
    assert.deepEqual([...gradient.dataSync()], [10, 20, 0, 0, 1101, 2202]);
  }));
});
