import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { moeX } from '../../../../../src/engine/lm/layers/moe-x.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { checkGradients, checkHook, smallSize } from '../../../../support/layer-checks.ts';
import { countParameters } from '../../../../support/layer-weights.ts';

const config = moeX.config.parse({ experts: 4, width: 6 }) as Parameters<typeof moeX.forward>[2];

test('the hook holds the wide code, which the output is made of when somebody looks', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    checkHook(moeX, config);
    checkHook(moeX, { ...config, activation: 'gelu' });
  }));
});

test('everything has a gradient; loads and firing units of every expert are measured', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { figures, losses } = checkGradients(moeX, config);
    assert.ok(Math.abs([...figures!['load']!.dataSync()].reduce((a, b) => a + b) - 1) < 1e-6);
    assert.ok([...figures!['l0']!.dataSync()].every((n) => Number.isNaN(n) || (n >= 0 && n <= 6)));
    assert.ok(losses['balance']!.dataSync()[0]! > 0.9);
  }));
});

test('parameters, units and names', () => {
  // 4 experts: 2 * 6 * 12 weights and 6 biases each, and the shared bias
  assert.equal(countParameters(moeX.parameters(config, smallSize, 0)), 4 * (144 + 6) + 12);
  assert.equal(moeX.active(config, smallSize, 0), 2 * (144 + 6) + 12);
  assert.equal(moeX.units(config, smallSize), 24);
  assert.equal(moeX.unitName(config, smallSize, 13), 'expert 2, neuron 1');
  assert.match(moeX.problem!({ ...config, k: 5 }, smallSize)!, /k is 5/);
});
