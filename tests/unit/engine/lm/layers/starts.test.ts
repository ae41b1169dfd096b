import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kaimingUniform, normal, ones, outputStd, zeros } from '../../../../../src/engine/lm/layers/starts.ts';
import { Random } from '../../../../../src/engine/random.ts';

test('zeros and ones fill the shape', () => {
  assert.deepEqual([...zeros(Random.from(1), [2, 2])], [0, 0, 0, 0]);
  assert.deepEqual([...ones(Random.from(1), [3])], [1, 1, 1]);
});

test('normal values have the standard deviation, and the same ones for the same seed', () => {
  const values = normal(0.5)(Random.from(7), [100, 100]);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(Math.abs(Math.sqrt(variance) - 0.5) < 0.01, String(variance));
  assert.deepEqual(values, normal(0.5)(Random.from(7), [100, 100]));
  assert.notDeepEqual(values, normal(0.5)(Random.from(8), [100, 100]));
});

test('Kaiming-uniform values lie within 1 / sqrt(fan in) and fill that range', () => {
  const values = kaimingUniform(16)(Random.from(3), [64, 64]);
  // 1 / sqrt(16) = 0.25
  assert.ok(values.every((value) => Math.abs(value) <= 0.25));
  assert.ok(Math.max(...values) > 0.24 && Math.min(...values) < -0.24);
});

test('the start of output maps shrinks with the depth', () => {
  assert.ok(Math.abs(outputStd(8) - 0.005) < 1e-12); // 0.02 / sqrt(16)
});
