import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { NextTokenScore } from '../../../../../src/engine/lm/sparsity/score.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

/** Logits of these probabilities. */
const logits = (rows: number[][]): tf.Tensor => tf.tensor([rows.map((row) => row.map(Math.log))]);

test('loss, accuracy, confidence and calibration of a case by hand, over two batches', async (t) => {
  await eachBackend(t, () => {
    const score = new NextTokenScore();
    assert.throws(() => score.figures(), { kind: 'bad-request' });
    score.add(logits([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]]), Int32Array.of(0, 1));
    score.add(logits([[0.125, 0.125, 0.75]]), Int32Array.of(1));
    const { tokens, loss, accuracy, confidence, ece } = score.figures();
    assert.equal(tokens, 3);
    assertClose([loss, accuracy, confidence], [-(Math.log(0.5) + Math.log(0.75) + Math.log(0.125)) / 3, 2 / 3, 2 / 3], 1e-6);
    // 0.5 alone, right: 1/3 * |1 - 0.5|; 0.75 twice, one right: 2/3 * |0.5 - 0.75|
    assertClose([ece], [0.5 / 3 + 0.5 / 3], 1e-5);
  });
});

test('logits that are not numbers are refused', async (t) => {
  await eachBackend(t, () => {
    assert.throws(() => new NextTokenScore().add(tf.tensor([[[Number.NaN, 1]]]), Int32Array.of(0)), { kind: 'not-finite', message: /token 0/u });
  });
});
