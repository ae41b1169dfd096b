import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../../src/engine/backend/load.ts';
import { monetExperts } from '../../../../../../src/engine/lm/layers/monet/experts.ts';
import { assertClose } from '../../../../../support/closeness.ts';

before(() => loadBackend());

test('mass and uses of two tokens by hand, s = 2 and two heads', () => {
  const config = { experts: 4, heads: 2 };
  // token 0: head 0 is (0, 1), head 1 half (0, 0) and half (1, 0); token 1: both heads (1, 1)
  const first = [1, 0, 0.5, 0.5, 0, 1, 0, 1];
  const second = [0, 1, 1, 0, 0, 1, 0, 1];
  const mass = tf.tidy(() => [...monetExperts.mass(config, [tf.tensor2d(first, [2, 4]), tf.tensor2d(second, [2, 4])]).dataSync()]);
  assertClose(mass, [0.5, 1, 0.5, 2], 1e-6);
  const uses = monetExperts.uses(config, [Float32Array.from(first), Float32Array.from(second)], 2);
  assert.deepEqual(uses.map(({ experts, weights }) => [[...experts], [...weights]]), [[[0, 1, 2], [0.5, 1, 0.5]], [[3], [2]]]);
});

test('experts are named by their pair and are their own unit', () => {
  const config = { experts: 9, heads: 1 };
  assert.equal(monetExperts.count(config), 9);
  assert.equal(monetExperts.name(config, 5), 'expert (1, 2)');
  assert.deepEqual(monetExperts.units(config, { layers: 1, dModel: 2, heads: 1, context: 2, vocab: 2 }, 5), [5, 1]);
});
