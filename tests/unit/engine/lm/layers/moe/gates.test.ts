import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { choiceMask, chooseExperts, softmaxAmong } from '../../../../../../src/engine/lm/layers/moe/gates.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('gates of a case worked by hand: a softmax among the chosen, exactly 0 elsewhere', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const scores = tf.tensor2d([[0, 1, 0, -1], [0.5, 0.5, 0.5, 0.5]]);
    const choice = chooseExperts(scores, 2);
    // ties go to the lower index
    assert.deepEqual([...choice.experts], [1, 0, 0, 1]);
    assert.deepEqual([...choiceMask(choice, 4).dataSync()], [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
    const e = Math.E;
    assertClose(softmaxAmong(scores, choice).dataSync(), [1 / (1 + e), e / (1 + e), 0, 0, 0.5, 0.5, 0, 0], 1e-6);
    const root = Math.sqrt(e);
    assertClose(softmaxAmong(scores, choice, 2).dataSync().slice(0, 2), [1 / (1 + root), root / (1 + root)], 1e-6);
    assert.deepEqual([...softmaxAmong(scores, choice).dataSync()].map((gate) => gate === 0), [false, false, true, true, false, false, true, true]);
  }));
});

test('the gradient is that of a softmax over the chosen alone', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const scores = tf.tensor2d([[0, 1, 0.25, -1]]);
    const choice = chooseExperts(scores, 2);
    const gradient = tf.grad((s) => tf.sum(tf.mul(softmaxAmong(s as Tensor2D, choice), tf.tensor2d([[5, 3, 2, 7]]))))(scores).dataSync();
    // chosen 1 and 2: p = sigmoid(0.75); d/ds1 of 3 p + 2 (1 - p) is p (1 - p)
    const p = 1 / (1 + Math.exp(-0.75));
    assertClose(gradient, [0, p * (1 - p), -p * (1 - p), 0], 1e-6);
  }));
});

test('more experts than there are, and scores that are no numbers, are refused', async (t) => {
  await eachBackend(t, () => {
    const scores = tf.zeros<tf.Rank.R2>([2, 3]);
    for (const k of [4, 0, 1.5]) assert.throws(() => chooseExperts(scores, k), { kind: 'bad-config', message: new RegExp(`k is ${k}, there are 3`) });
    const broken = tf.tensor2d([[0, Number.NaN, 1]]);
    assert.throws(() => chooseExperts(broken, 1), { kind: 'not-finite' });
    tf.dispose([scores, broken]);
  });
});
