import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Weights } from '../../../../src/engine/sae/definition.ts';
import { aboveThreshold, movedThreshold, smallestKept, thresholdBuffers, thresholdOfEach } from '../../../../src/engine/sae/running-threshold.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('the running mean of the smallest kept activation is right from the first batch on', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const decay = 0.9;
    let buffers: Weights = thresholdBuffers();
    const [seen, means]: [number[], number[]] = [[3, 5, 4], []];
    for (const smallest of seen) {
      buffers = { ...buffers, ...movedThreshold(buffers, tf.tensor2d([[0, 9], [smallest, 0]]), decay) };
      means.push(buffers['threshold']!.dataSync()[0]!);
    }
    // weights 0.1 * 0.9^age over 1 - 0.9^t
    assertClose(means, [3, (3 * 0.09 + 5 * 0.1) / 0.19, (3 * 0.081 + 5 * 0.09 + 4 * 0.1) / 0.271], 1e-5);
    assertClose(buffers['thresholdWeight']!.dataSync(), [0.271], 1e-5);
    assert.deepEqual(movedThreshold(buffers, tf.zeros([2, 2]), decay), {});
    assertClose(thresholdOfEach({ ...buffers, wEnc: tf.zeros([3, 2]) }), Array(3).fill(means[2]), 1e-6);
  }));
});

test('only positive activations are kept ones, and only those strictly above the threshold fire', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assert.equal(smallestKept(tf.tensor2d([[0, -1, 2, 1.5]])), 1.5);
    assert.equal(smallestKept(tf.zeros([2, 2])), null);
    assert.deepEqual([...aboveThreshold(tf.tensor2d([[-2, 1, 1.5, 2]]), tf.tensor1d([1.5])).dataSync()].map(Math.abs), [0, 0, 0, 2]);
  }));
});
