import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { causalMssa, subspaceAttention } from '../../../../../../src/engine/lm/layers/crate/mssa.ts';
import type { MssaWeights } from '../../../../../../src/engine/lm/layers/crate/mssa.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('a head worked by hand: the first token sees itself, the second both', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const w = tf.tensor4d([[[[1], [2]]]]);
    // scores of the second: 2 and 4; softmax is 1 / (1 + e^2) for the first
    const first = 1 / (1 + Math.exp(2));
    assertClose(subspaceAttention(w).dataSync(), [1, first + 2 * (1 - first)], 1e-6);
  }));
});

test('with the bases transposed as its output map it is the step that CRATE derives: sum over heads of U_k softmax(...) of U_k^T z', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [length, d, heads, p] = [5, 6, 2, 3];
    const random = Random.from(1);
    const x = random.normals(length * d);
    const wQkv = tf.tensor2d(random.normals(d * heads * p), [d, heads * p]);
    const rows = tf.tensor2d(x, [length, d]);
    const got = causalMssa(rows, { wQkv, wOut: tf.transpose(wQkv), bOut: tf.zeros([d]) }, { batch: 1, length, heads });
    const parts = Array.from({ length: heads }, (_, k) => {
      const u = tf.slice(wQkv, [0, k * p], [d, p]);
      const projected = tf.matMul(rows, u);
      return tf.matMul(tf.reshape(subspaceAttention(tf.reshape(projected, [1, 1, length, p]) as Tensor4D), [length, p]) as Tensor2D, u, false, true);
    });
    assertClose(got.dataSync(), tf.add(parts[0]!, parts[1]!).dataSync(), 1e-5);
  }));
});

test('later tokens and other sequences change nothing', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [d, heads] = [8, 2];
    const random = Random.from(2);
    const weights: MssaWeights = { wQkv: tf.tensor2d(random.normals(64, 0.4), [8, 8]), wOut: tf.tensor2d(random.normals(64, 0.4), [8, 8]), bOut: tf.tensor1d(random.normals(8)) };
    const x = random.normals(2 * 4 * d);
    const changed = x.slice();
    // the last token of the first sequence, and all of the second
    for (let i = 3 * d; i < x.length; i++) changed[i]! += 1;
    const of = (values: Float32Array): ArrayLike<number> => tf.slice(causalMssa(tf.tensor2d(values, [8, d]), weights, { batch: 2, length: 4, heads }), [0, 0], [4, d]).dataSync();
    const [before, after] = [Array.from(of(x)), Array.from(of(changed))];
    assertClose(after.slice(0, 3 * d), before.slice(0, 3 * d), 1e-6);
    assert.ok(Math.abs(after[3 * d]! - before[3 * d]!) > 1e-3);
  }));
});
