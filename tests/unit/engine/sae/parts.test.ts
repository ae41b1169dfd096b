import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { decodeLinear, normalisedError, preActivations, stopGradient, tiedUnitInit, totalVariance, unitRows } from '../../../../src/engine/sae/parts.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { initContext } from '../../../support/variants.ts';

test('initial rows have norm 1, the encoder equals the decoder, the bias is the centre', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { wEnc, wDec, bEnc, bDec } = tiedUnitInit(initContext({ dIn: 3, dSae: 5 }, { centre: Float32Array.of(1, 2, 3) }));
    assert.deepEqual(wEnc!.dataSync(), wDec!.dataSync());
    assertClose(tf.norm(wDec!, 2, 1).dataSync(), [1, 1, 1, 1, 1], 1e-6);
    assert.deepEqual([[...bEnc!.dataSync()], [...bDec!.dataSync()]], [[0, 0, 0, 0, 0], [1, 2, 3]]);
  }));
});

test('pre-activations, decoding and losses of cases worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = { wEnc: tf.tensor2d([1, 2], [1, 2]), wDec: tf.tensor2d([3, 4], [1, 2]), bEnc: tf.tensor1d([10]), bDec: tf.tensor1d([1, 1]) };
    // (2 - 1) 1 + (3 - 1) 2 + 10
    assert.deepEqual([...preActivations(weights, tf.tensor2d([2, 3], [1, 2])).dataSync()], [15]);
    assert.deepEqual([...decodeLinear(weights, tf.tensor2d([2], [1, 1])).dataSync()], [7, 9]);
    const x = tf.tensor2d([1, 0, 3, 0], [2, 2]);
    assert.equal(totalVariance(x).dataSync()[0], 2);
    assert.equal(normalisedError(x, tf.tensor2d([1, 1, 3, 0], [2, 2])).dataSync()[0], 0.5);
    assert.equal(normalisedError(tf.zeros([2, 2]), tf.zeros([2, 2])).dataSync()[0], 0);
  }));
});

test('nothing flows back through a stopped gradient', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const gradient = tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.tensor1d([2, 3]));
    assert.deepEqual([...gradient.dataSync()], [2, 3]);
  }));
});

test('a zero row stays zero', () => {
  assertClose(unitRows(Float32Array.of(3, 4, 0, 0), 2, 2), [0.6, 0.8, 0, 0], 1e-6);
});
