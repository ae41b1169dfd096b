import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createCell } from '../../../../src/engine/ops/cell.ts';
import { eachBackend } from '../../../support/backends.ts';

test('cells hold their own values, float32 and int32, until they are disposed', async (t) => {
  await eachBackend(t, () => {
    const initial = tf.tensor1d([1, 2]);
    const seven = tf.tensor1d([7], 'int32');
    const [a, b, c] = [createCell(initial), createCell(initial), createCell(seven)] as const;
    seven.dispose();
    tf.tidy(() => {
      a.assign(tf.tensor1d([3, 4]));
      assert.deepEqual([...a.read().dataSync()], [3, 4]);
      assert.deepEqual([...b.read().dataSync()], [1, 2]);
      assert.deepEqual([...c.read().dataSync()], [7]);
    });
    initial.dispose();
    for (const cell of [a, b, c]) cell.dispose();
    assert.throws(() => a.read(), { kind: 'disposed' });
  });
});
