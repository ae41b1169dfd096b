import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { gramPursuit, pursuitRecord } from '../../../../src/engine/ops/gram-pursuit.ts';
import { pursue } from '../../../../src/engine/ops/matching-pursuit.ts';
import { Random } from '../../../../src/engine/random.ts';
import { unitRows } from '../../../../src/engine/sae/parts.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('row after row it chooses what its twin chooses, with the same limits', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [n, d, rows, steps] = [60, 16, 40, 12];
    const atoms = tf.tensor2d(unitRows(Random.from(1).normals(n * d), n, d), [n, d]);
    const x = tf.tensor2d(Random.from(2).normals(rows * d), [rows, d]);
    const norms = tf.norm(x, 2, 1, true);
    const limit = tf.mul(norms, 0.4) as Tensor2D;
    const twin = pursue(x, atoms, { steps, tolerance: limit, rule: 'magnitude' });
    const [products, gram] = [tf.matMul(x, atoms, false, true).dataSync() as Float32Array, { values: tf.matMul(atoms, atoms, false, true).dataSync() as Float32Array, stride: n }];
    const record = pursuitRecord(steps);
    const [all, coefficients] = [twin.atoms.arraySync(), twin.coefficients.arraySync()];
    const residuals = tf.sum(tf.square(twin.residual), 1).dataSync();
    for (let row = 0; row < rows; row++) {
      const square = norms.dataSync()[row]! ** 2;
      gramPursuit(products.slice(row * n, (row + 1) * n), n, gram, square, { steps, limit: 0.16 * square }, record);
      const taken = coefficients[row]!.filter((c) => c !== 0).length;
      assert.equal(record.taken, taken, `row ${row}`);
      assert.deepEqual([...record.atoms.subarray(0, taken)], all[row]!.slice(0, taken));
      assertClose(record.coefficients.subarray(0, taken), coefficients[row]!.slice(0, taken), 1e-4);
      assertClose([record.error], [residuals[row]!], 1e-3);
    }
  }));
});

test('only the first atoms count, none is taken from a zero row or within the limit', () => {
  const gram = { values: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), stride: 3 };
  const record = pursuitRecord(5);
  gramPursuit(Float32Array.of(1, -2, 9), 2, gram, 5, { steps: 5, limit: 0 }, record);
  assert.deepEqual([[...record.atoms.subarray(0, record.taken)], [...record.coefficients.subarray(0, 2)], record.error], [[1, 0], [-2, 1], 0]);
  gramPursuit(new Float32Array(3), 3, gram, 0, { steps: 5, limit: -1 }, record);
  assert.equal(record.taken, 0);
  gramPursuit(Float32Array.of(1, 0, 0), 3, gram, 1, { steps: 5, limit: 1 }, record);
  assert.deepEqual([record.taken, record.error], [0, 1]);
});
