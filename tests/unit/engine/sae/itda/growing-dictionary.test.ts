import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import { GrowingDictionary } from '../../../../../src/engine/sae/itda/growing-dictionary.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('atoms are normalised rows, and the Gram matrix holds their products, through every growth', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [d, rows] = [7, 600];
    const x = Random.from(1).normals(rows * d);
    const dictionary = new GrowingDictionary(d, rows);
    for (let r = 0; r < rows; r++) {
      const norm = Math.hypot(...x.subarray(r * d, (r + 1) * d));
      dictionary.append(x, r * d, norm);
      if (r === 0) assertClose(dictionary.atoms, x.subarray(0, d).map((v) => v / norm), 1e-6);
    }
    assert.ok(dictionary.full);
    const atoms = tf.tensor2d(dictionary.atoms, [rows, d]);
    const expected = tf.matMul(atoms, atoms, false, true).dataSync();
    const { values, stride } = dictionary.gram;
    for (let j = 0; j < rows; j++) assertClose(values.subarray(j * stride, j * stride + rows), expected.subarray(j * rows, (j + 1) * rows), 1e-5, `row ${j}`);
    const products = dictionary.products(tf.tensor2d(x.subarray(0, 2 * d), [2, d]));
    assertClose(products, Float32Array.from({ length: 2 * rows }, (_, at) => dictionary.product(x, at < rows ? 0 : d, at % rows)), 1e-4);
  }));
});

test('without atoms there are no products', async (t) => {
  await eachBackend(t, () => tf.tidy(() => assert.equal(new GrowingDictionary(3, 5).products(tf.zeros([2, 3])).length, 0)));
});
