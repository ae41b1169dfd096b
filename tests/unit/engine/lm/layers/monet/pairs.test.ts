import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { contractPairs, explicitPairs, factoredPairs, pairMatrix, pairSums } from '../../../../../../src/engine/lm/layers/monet/pairs.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('a case worked by hand: one head, two sub-experts', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [left, right] = [tf.tensor3d([[[0.25, 0.75]]]), tf.tensor3d([[[1, 2]]])];
    const values = tf.tensor3d([[[4], [8]]]);
    // 0.25 * 4 + 0.75 * 8 = 7
    assertClose(contractPairs(left, right, values, null).dataSync(), [7, 14], 1e-6);
    // pair (1, 0) is purged
    const keep = tf.tensor2d([[1, 1], [0, 1]]);
    assertClose(contractPairs(left, right, values, keep).dataSync(), [1, 14], 1e-6);
    assertClose(pairSums(left, right, null).dataSync(), [1, 2], 1e-6);
    assertClose(pairSums(left, right, keep).dataSync(), [0.25, 2], 1e-6);
  }));
});

test('a mask that keeps all changes neither values nor gradients', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [tokens, heads, s, m] = [5, 2, 6, 3];
    const random = Random.from(1);
    const gates = (): Tensor3D => tf.tensor3d(random.normals(tokens * heads * s), [tokens, heads, s]);
    const inputs = [gates(), gates(), tf.tensor3d(random.normals(tokens * s * m), [tokens, s, m])];
    const weights = tf.tensor3d(random.normals(tokens * s * m), [tokens, s, m]);
    const gradients = (keep: Tensor2D | null): Tensor[] => tf.grads((...[left, right, values]: Tensor[]) => {
      const mixed = contractPairs(left as Tensor3D, right as Tensor3D, values as Tensor3D, keep);
      return tf.add(tf.sum(tf.mul(mixed, weights)), tf.sum(tf.square(pairSums(left as Tensor3D, right as Tensor3D, keep))));
    })(inputs);
    const [plain, masked] = [gradients(null), gradients(tf.ones([s, s]))];
    plain.forEach((gradient, i) => assertClose(masked[i]!.dataSync(), gradient.dataSync(), 1e-5, `input ${i}`));
  }));
});

test('the four sums by halves are those of C itself', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [tokens, heads, s, m] = [3, 2, 5, 4];
    const random = Random.from(4);
    const gates = (): Tensor3D => tf.tensor3d(random.normals(tokens * heads * s), [tokens, heads, s]);
    const halves = { gates1: gates(), gates2: gates() };
    const values = tf.tensor3d(random.normals(tokens * s * m), [tokens, s, m]);
    const [factored, explicit] = [factoredPairs(halves), explicitPairs(pairMatrix(halves))];
    assertClose(factored.columns(values).dataSync(), explicit.columns(values).dataSync(), 1e-5);
    assertClose(factored.rows(values).dataSync(), explicit.rows(values).dataSync(), 1e-5);
    assertClose(factored.columnSums().dataSync(), explicit.columnSums().dataSync(), 1e-5);
    assertClose(factored.rowSums().dataSync(), explicit.rowSums().dataSync(), 1e-5);
  }));
});

test('at s = 512 with a mask nothing of the size tokens * s * s is made', async (t) => {
  await eachBackend(t, (name) => tf.tidy(() => {
    const [tokens, heads, s, m] = [8, 2, 512, 2];
    const random = Random.from(2);
    const gates = (): Tensor3D => tf.tensor3d(random.normals(tokens * heads * s), [tokens, heads, s]);
    const [left, right, values, keep] = [gates(), gates(), tf.ones([tokens, s, m]) as Tensor3D, tf.ones([s, s]) as Tensor2D];
    const profile = (mask: Tensor2D | null): number => {
      const before = tf.memory().numBytes;
      // without a scope nothing is freed: the growth is all that was made
      contractPairs(left, right, values, mask);
      return tf.memory().numBytes - before;
    };
    for (const mask of [null, keep]) assert.ok(profile(mask) < 4 * tokens * s * s / 4, `${name}: ${profile(mask)} bytes`);
  }));
});
