import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { switchMoe } from '../../../../../src/engine/lm/layers/switch.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { checkGradients, checkHook, smallSize } from '../../../../support/layer-checks.ts';
import { countParameters } from '../../../../support/layer-weights.ts';

const config = switchMoe.config.parse({ experts: 4, width: 6 }) as Parameters<typeof switchMoe.forward>[2];

test('the hook holds the wide code, and everything has a gradient, with one expert and with two', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const k of [1, 2]) {
      checkHook(switchMoe, { ...config, k });
      const { figures } = checkGradients(switchMoe, { ...config, k });
      assert.ok(Math.abs([...figures!['load']!.dataSync()].reduce((a, b) => a + b) - 1) < 1e-6);
    }
  }));
});

test('a router matrix is what it has beside MoE-X', () => {
  assert.equal(countParameters(switchMoe.parameters(config, smallSize, 0)), 4 * (144 + 6) + 12 + 4 * 12);
  assert.equal(switchMoe.active(config, smallSize, 0), 2 * (144 + 6) + 12 + 4 * 12);
  assert.match(switchMoe.problem!({ ...config, k: 5 }, smallSize)!, /k is 5/);
});
