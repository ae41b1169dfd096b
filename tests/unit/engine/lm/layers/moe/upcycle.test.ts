import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { applyMoeX, routeBySparsity } from '../../../../../../src/engine/lm/layers/moe/moe-x.ts';
import { upcycle } from '../../../../../../src/engine/lm/layers/moe/upcycle.ts';
import type { DenseMlp } from '../../../../../../src/engine/lm/layers/moe/upcycle.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

const [width, dModel, tokens] = [48, 12, 60];
const config = { k: 2, temperature: 1, activation: 'relu' } as const;

function dense(): DenseMlp {
  const random = Random.from(1);
  return {
    wIn: tf.tensor2d(random.normals(width * dModel, 0.3), [width, dModel]), bIn: tf.tensor1d(random.normals(width, 0.1)),
    wOut: tf.tensor2d(random.normals(width * dModel, 0.2), [width, dModel]), bOut: tf.tensor1d(random.normals(dModel)),
  };
}

function denseOutput({ wIn, bIn, wOut, bOut }: DenseMlp, x: Tensor2D): Tensor2D {
  return tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(x, wIn, false, true), bIn!)) as Tensor2D, wOut), bOut!);
}

test('without noise the layer is the dense MLP; with 2 % of noise it stays close, and the experts differ', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const mlp = dense();
    const x = tf.tensor2d(Random.from(2).normals(tokens * dModel), [tokens, dModel]);
    const expected = denseOutput(mlp, x);
    const exact = upcycle(mlp, { experts: 4, noise: 0, shift: 0 }, Random.from(3));
    assertClose(applyMoeX(x, exact, config).output.dataSync(), expected.dataSync(), 1e-5);
    const noisy = upcycle(mlp, { experts: 4, noise: 0.02, shift: 0 }, Random.from(3));
    const difference = tf.norm(tf.sub(applyMoeX(x, noisy, config).output, expected)).dataSync()[0]! / tf.norm(tf.sub(expected, mlp.bOut!)).dataSync()[0]!;
    assert.ok(difference > 1e-3 && difference < 0.05, String(difference));
    const apart = tf.sub(tf.slice(noisy.wEnc, [0, 0, 0], [1, -1, -1]), tf.slice(noisy.wEnc, [1, 0, 0], [1, -1, -1]));
    // each copy has noise of 0.02 * 0.3
    assertClose([Math.sqrt(tf.mean(tf.square(apart)).dataSync()[0]!)], [0.02 * 0.3 * Math.SQRT2], 1e-3);
  }));
});

test('a shift is what the router tells copies apart by', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d(Random.from(2).normals(tokens * dModel), [tokens, dModel]);
    const spread = (shift: number): number => {
      const { scores } = routeBySparsity(x, upcycle(dense(), { experts: 4, noise: 0.02, shift }, Random.from(3)), config);
      return Math.sqrt(tf.mean(tf.square(tf.sub(scores, tf.mean(scores, 1, true)))).dataSync()[0]!);
    };
    const [without, withShift] = [spread(0), spread(0.1)];
    t.diagnostic(`standard deviation of a token's scores: ${without.toFixed(4)} with noise alone, ${withShift.toFixed(4)} with the shift`);
    assert.ok(withShift > 5 * without);
  }));
});

test('matrices of different shapes are refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assert.throws(() => upcycle({ ...dense(), wOut: tf.zeros([dModel, width]) }, { experts: 2, noise: 0, shift: 0 }, Random.from(1)), { kind: 'mismatch', message: /48, 12/ });
  }));
});
