import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { wideCode, wideOutput } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import { applySwitch, routeLinearly } from '../../../../../../src/engine/lm/layers/moe/switch.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { startExperts } from '../../../../../support/toy-domains.ts';

test('with one expert the gate is its probability among all, with two they share 1', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const x = tf.tensor2d([[1, 0]]);
    const wRouter = tf.tensor2d([[2, 9], [1, 9], [0, 9]]);
    const e = Math.E;
    assertClose(routeLinearly(x, wRouter, 1).gates.dataSync(), [e ** 2 / (e ** 2 + e + 1), 0, 0], 1e-6);
    assertClose(routeLinearly(x, wRouter, 2).gates.dataSync(), [e / (e + 1), 1 / (e + 1), 0], 1e-6);
  }));
});

test('the router learns from the loss with one expert and with two, and the output is the gated sum', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(2);
    const experts = startExperts({ experts: 4, width: 6, dModel: 5, layers: 1 }, random, 0);
    const weights = { ...experts, wRouter: tf.tensor2d(random.normals(20), [4, 5]) };
    const x = tf.tensor2d(random.normals(60), [12, 5]);
    for (const k of [1, 2]) {
      const { output, routing } = applySwitch(x, weights, { k, activation: 'gelu' });
      assertClose(output.dataSync(), wideOutput(wideCode(x, weights, routing.gates, 'gelu'), weights).dataSync(), 1e-6);
      const gradient = tf.grad((wRouter) => tf.sum(applySwitch(x, { ...weights, wRouter: wRouter as Tensor2D }, { k, activation: 'gelu' }).output))(weights.wRouter);
      assert.ok(tf.max(tf.abs(gradient)).dataSync()[0]! > 0, `k ${k}`);
    }
  }));
});
