import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { adaptiveGates, gateThreshold, logitStatistics, survivors, updateRunning } from '../../../../../../src/engine/lm/layers/monet/gates.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('the published cut: 32 of 512 at 1.534', () => {
  assert.ok(Math.abs(gateThreshold(32, 512) - 1.534) < 5e-4);
  assert.equal(gateThreshold(512, 512), -Infinity);
  for (const active of [0, -1, 513, Number.NaN]) assert.throws(() => gateThreshold(active, 512), { kind: 'bad-config', message: new RegExp(`active is ${active}, there are 512`) });
});

// B-T4
test('of normal logits 32 of 512 survive on average, within 1.5, in heads of any mean and scale', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [tokens, heads, s] = [60, 2, 512];
    const values = Random.from(1).normals(tokens * heads * s);
    // the second head: mean -3, deviation 7
    values.forEach((value, i) => { if (Math.floor(i / s) % 2 === 1) values[i] = -3 + 7 * value; });
    const logits = tf.tensor3d(values, [tokens, heads, s]);
    const counts = tf.sum(survivors(logits, 32, logitStatistics(logits)), 2);
    for (const mean of tf.mean(counts, 0).dataSync()) assert.ok(Math.abs(mean - 32) < 1.5, String(mean));
    // one statistic for both heads, as a control: the narrow head keeps nothing but its maximum
    const pooled = { mean: tf.fill([heads], -1.5), variance: tf.fill([heads], 27) };
    assert.ok(tf.mean(tf.sum(survivors(logits, 32, pooled as never), 2), 0).dataSync()[0]! < 5);
  }));
});

test('one survives at least, in rows that are constant, far below the others, or of huge numbers', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const level of [0, 5, -1e6, 1e6]) {
      const constantRows = tf.fill([4, 3, 512], level) as Tensor3D;
      const gates = adaptiveGates(constantRows, 32, logitStatistics(constantRows));
      assert.ok(tf.sum(tf.cast(tf.greater(gates, 0), 'float32'), 2).dataSync().every((n) => n >= 1), String(level));
      assertClose(tf.sum(gates, 2).dataSync(), new Float32Array(12).fill(1), 1e-5);
    }
    // the second row lies wholly below the cut
    const low = tf.concat([tf.tensor3d(Random.from(2).normals(512), [1, 1, 512]), tf.sub(tf.tensor3d(Random.from(3).normals(512, 0.01), [1, 1, 512]), 5)], 0) as Tensor3D;
    assert.equal(tf.sum(survivors(low, 32, logitStatistics(low)), 2).dataSync()[1], 1);
  }));
});

test('gates of a case worked by hand, and their gradient: a softmax of the raw logits among the survivors', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // mean 0, variance 2.5: normalised 1.265, 0.632, -0.632, -1.265; half survive, so the cut is at 0
    const logits = tf.tensor3d([[[2, 1, -1, -2]]]);
    const statistics = logitStatistics(logits);
    assertClose([...statistics.mean.dataSync(), ...statistics.variance.dataSync()], [0, 2.5], 1e-6);
    const p = 1 / (1 + Math.exp(-1));
    assertClose(adaptiveGates(logits, 2, statistics).dataSync(), [p, 1 - p, 0, 0], 1e-6);
    const gradient = tf.grad((z) => tf.sum(tf.mul(adaptiveGates(z as Tensor3D, 2, logitStatistics(z as Tensor3D)), tf.tensor3d([[[3, 1, 8, 9]]]))))(logits).dataSync();
    assertClose(gradient, [2 * p * (1 - p), -2 * p * (1 - p), 0, 0], 1e-6);
  }));
});

test('running statistics move by a tenth, with the variance of a sample', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const running = { mean: tf.tensor1d([0, 1]), variance: tf.tensor1d([1, 1]) };
    const next = updateRunning(running, { mean: tf.tensor1d([10, 1]), variance: tf.tensor1d([4, 1]) }, 5);
    // 0.9 + 0.1 * 4 * 5/4, and 0.9 + 0.1 * 5/4
    assertClose([...next.mean.dataSync(), ...next.variance.dataSync()], [1, 1, 1.4, 1.025], 1e-6);
  }));
});
