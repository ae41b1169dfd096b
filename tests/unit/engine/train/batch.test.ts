import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { batchTensors, disposeBatch } from '../../../../src/engine/train/batch.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const sizes = { dIn: 2, dSae: 3, dOut: 1, sources: 1 };
const figures = { inputScale: Float32Array.of(2, 4), outputScale: Float32Array.of(10) };

test('x and targets are scaled by their own factors, gradients to mean norm 1, and everything is freed', async (t) => {
  await eachBackend(t, () => {
    const batch = batchTensors({ x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(5, 6), gradient: Float32Array.of(3, 4, 0, 15), rows: 2, originOf: String }, sizes, figures);
    assertClose(batch.x.dataSync(), [2, 8, 6, 16], 1e-6);
    assertClose(batch.y.dataSync(), [50, 60], 1e-6);
    // norms 5 and 15, mean 10
    assertClose(batch.gradient!.dataSync(), [0.3, 0.4, 0, 1.5], 1e-6);
    disposeBatch(batch);
  });
});

test('without targets the inputs are theirs, and a readout gets raw activations', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const seen: number[] = [];
    const readout = { run: (x: Tensor2D) => (seen.push(...x.dataSync()), { logits: x, later: [] }) };
    const batch = batchTensors({ x: Float32Array.of(1, 2), rows: 1, readout, originOf: String }, { ...sizes, dOut: 2 }, figures);
    assert.equal(batch.y, batch.x);
    assert.equal(batch.gradient, null);
    batch.readout!.run(batch.x);
    assertClose(seen, [1, 2], 1e-6);
  }));
});
