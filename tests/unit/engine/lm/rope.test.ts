import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { rotate, ropeFrequencies, ropeTables } from '../../../../src/engine/lm/rope.ts';

before(() => loadBackend());

test('frequencies fall from 1 by powers of theta', () => {
  // dHead 4, theta 100: 100^(-0/4) = 1, 100^(-2/4) = 0.1
  assert.deepEqual([...ropeFrequencies(4, 100, null)].map((x) => Number(x.toFixed(12))), [1, 0.1]);
});

test('linear scaling divides every frequency', () => {
  assert.deepEqual([...ropeFrequencies(4, 100, { rope_type: 'linear', factor: 4 })].map((x) => Number(x.toFixed(12))), [0.25, 0.025]);
});

test('llama3 scaling leaves short waves, stretches long ones and blends those between', () => {
  const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };
  // theta 10^4, dHead 8: frequencies 1, 0.1, 0.01, 0.001; wavelengths 6.28, 62.8, 628, 6283; bounds 64/4 = 16 and 64/1 = 64.
  const [short, middle, long, longest] = ropeFrequencies(8, 1e4, scaling);
  assert.equal(short, 1);
  // smooth = (64 / 62.832 - 1) / 3 = 0.0062; (1 - 0.0062) * 0.1 / 8 + 0.0062 * 0.1 = 0.013042
  assert.ok(Math.abs(middle! - 0.013042) < 1e-6);
  assert.ok(Math.abs(long! - 0.01 / 8) < 1e-12);
  assert.ok(Math.abs(longest! - 0.001 / 8) < 1e-12);
});

test('factors of a file divide, and what is not computed is refused', () => {
  assert.deepEqual([...ropeFrequencies(4, 100, null, [2, 4])].map((x) => Number(x.toFixed(12))), [0.5, 0.025]);
  assert.throws(() => ropeFrequencies(4, 100, { rope_type: 'yarn', factor: 2 }), { kind: 'unsupported', message: /yarn/u });
  assert.throws(() => ropeFrequencies(4, 100, { rope_type: 'linear' }), { kind: 'bad-config', message: /factor/u });
});

test('tables begin at the first position that is asked for', () => {
  const { cos, sin } = ropeTables(Float64Array.of(Math.PI / 2), 1, 2);
  // positions 1 and 2: 90 and 180 degrees
  assert.deepEqual([...cos].map((x) => Math.round(x) + 0), [0, -1]);
  assert.deepEqual([...sin].map((x) => Math.round(x) + 0), [1, 0]);
});

test('a quarter turn moves the first half of a head into the second', () => {
  // (a, b) -> (a cos - b sin, b cos + a sin) = (-b, a) at 90 degrees
  const x = tf.tensor4d([1, 2, 3, 4], [1, 1, 1, 4]);
  const zero = tf.zeros([1, 1, 2]);
  const one = tf.ones([1, 1, 2]);
  assert.deepEqual([...rotate(x, zero, one).dataSync()], [-3, -4, 1, 2]);
});

test('tables narrower than half a head turn its first part and leave the rest', () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5], [1, 1, 1, 5]);
  // rotaryDim 2: the pair (1, 2) by 90 degrees
  assert.deepEqual([...rotate(x, tf.zeros([1, 1, 1]), tf.ones([1, 1, 1])).dataSync()], [-2, 1, 3, 4, 5]);
});
