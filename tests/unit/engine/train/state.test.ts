import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createCell } from '../../../../src/engine/ops/cell.ts';
import { readCells, restoreCells } from '../../../../src/engine/train/state.ts';
import { eachBackend } from '../../../support/backends.ts';

test('a state of another shape is refused before anything changes', async (t) => {
  await eachBackend(t, () => {
    const initial = tf.tensor1d([1, 2]);
    const cells = { a: createCell(initial), b: createCell(initial) };
    tf.tidy(() => {
      assert.throws(() => restoreCells(cells, { a: tf.tensor1d([5, 6]), b: tf.zeros([3]) }), { kind: 'mismatch', message: /\[3\] for b, and \[2\]/ });
      assert.throws(() => restoreCells(cells, { a: tf.tensor1d([5, 6]) }), { kind: 'mismatch', message: /nothing for b/ });
      assert.deepEqual([...readCells(cells)['a']!.dataSync()], [1, 2]);
      restoreCells(cells, { a: tf.tensor1d([5, 6]), b: tf.tensor1d([7, 8]) });
      assert.deepEqual([...readCells(cells)['b']!.dataSync()], [7, 8]);
    });
    initial.dispose();
    Object.values(cells).forEach((cell) => cell.dispose());
  });
});
