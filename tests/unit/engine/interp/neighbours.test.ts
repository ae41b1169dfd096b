import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { nearestRows, unitRows } from '../../../../src/engine/interp/neighbours.ts';

before(async () => { await tf.setBackend('cpu'); });

test('cosines, whatever the lengths; a row of zeros is at cosine 0 to all; ties to the lower index', () => {
  // Rows: east, north-east (long), north, nothing.
  const units = unitRows(Float32Array.of(1, 0, 5, 5, 0, 2, 0, 0), 2);
  const { ids, cosines } = nearestRows(units, 0, 4, 2);
  assert.deepEqual([...ids], [1, 2, 0, 2, 1, 0, 0, 1]);
  const half = Math.SQRT1_2;
  [half, 0, half, half, half, 0, 0, 0].forEach((expected, i) => assert.ok(Math.abs(cosines[i]! - expected) < 1e-6));
  units.dispose();
});

test('a part of the features looks at all of them; there are at most n - 1 neighbours; nothing stays allocated', () => {
  const units = unitRows(Float32Array.of(1, 0, 0, 1, 1, 1), 2);
  const before = tf.memory().numTensors;
  const { ids } = nearestRows(units, 2, 1, 10);
  assert.deepEqual([...ids], [0, 1]);
  assert.equal(tf.memory().numTensors, before);
  units.dispose();
});
