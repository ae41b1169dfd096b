import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createCell } from '../../../../src/engine/ops/cell.ts';
import { deadLatents } from '../../../../src/engine/train/dead-latents.ts';
import { eachBackend } from '../../../support/backends.ts';

test('a latent is dead once its window has passed', async (t) => {
  await eachBackend(t, () => {
    const initial = tf.tensor1d([0, 10, 9, 2147483647], 'int32');
    const cell = createCell(initial);
    assert.deepEqual([...deadLatents(cell, 10)], [1, 3]);
    assert.deepEqual([...deadLatents(cell, 2147483647)], [3]);
    initial.dispose();
    cell.dispose();
  });
});
