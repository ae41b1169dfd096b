import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import { symmetricEigen } from '../../../../../src/engine/sae/atoms/eigen.ts';
import { secondMoment, whitening, whitenRows } from '../../../../../src/engine/sae/atoms/whitening.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

const normals = (seed: number, length: number): Float64Array => {
  const random = Random.from(seed);
  return Float64Array.from({ length }, () => random.normal());
};

/** a float64 [n, k] times b [k, m]. */
function times(a: Float64Array, b: Float64Array, k: number, m: number): Float64Array {
  const out = new Float64Array((a.length / k) * m);
  for (let row = 0; row < a.length / k; row++) for (let i = 0; i < k; i++) for (let j = 0; j < m; j++) out[row * m + j]! += a[row * k + i]! * b[i * m + j]!;
  return out;
}

/** Cosines of all pairs of rows. */
function cosines(rows: Float64Array, d: number): Float64Array {
  const n = rows.length / d;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += rows[a * d + i]! * rows[b * d + i]!;
    return sum;
  };
  return Float64Array.from({ length: n * n }, (_, at) => dot(Math.floor(at / n), at % n) / Math.sqrt(dot(Math.floor(at / n), Math.floor(at / n)) * dot(at % n, at % n)));
}

test('normalised atomic products do not change under an invertible map of the activations, Euclidean cosines do', () => {
  const [d, rows, n] = [8, 200, 12];
  const x = normals(1, rows * d);
  const atoms = normals(2, n * d);
  // condition below 100: a Gaussian matrix of 8 with 3 on its diagonal
  const map = normals(3, d * d).map((value, at) => value + (at % (d + 1) === 0 ? 3 : 0));
  const { values } = symmetricEigen(times(map, Float64Array.from({ length: d * d }, (_, at) => map[(at % d) * d + Math.floor(at / d)]!), d, d), d);
  assert.ok(Math.sqrt(values[d - 1]! / values[0]!) < 100, 'condition');
  const exact = { ridge: 0, varianceKept: 1 };
  const atomic = (data: Float64Array, directions: Float64Array): Float64Array => cosines(times(directions, whitening(secondMoment(data, d), d, exact).whiten, d, d), d);
  const [before, after] = [atomic(x, atoms), atomic(times(x, map, d, d), times(atoms, map, d, d))];
  assertClose(after, before, 1e-6);
  const euclid = cosines(atoms, d).map((value, at) => Math.abs(value - cosines(times(atoms, map, d, d), d)[at]!));
  assert.ok(Math.max(...euclid) > 0.1, 'the map moved the Euclidean cosines');
});

test('whitened activations have second moment 1, and unwhitening takes them back', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [d, rows] = [5, 3000];
    const mixed = Float32Array.from(times(normals(4, rows * d), normals(5, d * d), d, d));
    const product = whitening(secondMoment(mixed, d), d, { ridge: 0, varianceKept: 1 });
    const x = tf.tensor2d(mixed, [rows, d]);
    const white = whitenRows(x, product);
    assertClose(secondMoment(white.dataSync() as Float32Array, d), Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0)), 1e-4);
    assertClose(tf.matMul(white, tf.tensor2d(Float32Array.from(product.unwhiten), [d, d])).dataSync(), mixed, 1e-3);
    assertClose(secondMoment(mixed, d), secondMoment(Float64Array.from(mixed), d), 1e-5, 'float32 blocks and float64');
  }));
});

test('directions of little variance are left out, and the ridge bounds what is left', () => {
  // variances 100, 1 and 1e-6: 99.9 % is kept by the first two
  const moment = Float64Array.of(100, 0, 0, 0, 1, 0, 0, 0, 1e-6);
  const kept = whitening(moment, 3, { ridge: 0, varianceKept: 0.999 });
  assert.equal(kept.rank, 2);
  assertClose(kept.whiten, [0.1, 0, 0, 0, 1, 0, 0, 0, 0], 1e-12);
  assertClose(kept.unwhiten, [10, 0, 0, 0, 1, 0, 0, 0, 0], 1e-12);
  // the mean eigenvalue is 33.67: a ridge of 3 % of it adds 1.01 to each
  const ridged = whitening(moment, 3, { ridge: 0.03, varianceKept: 1 });
  assertClose([ridged.whiten[8]!], [1 / Math.sqrt(1e-6 + (0.03 * 101.000001) / 3)], 1e-12);
  assert.equal(ridged.rank, 3);
});

test('zeros and values that are not finite are refused', async (t) => {
  await eachBackend(t, () => {
    assert.throws(() => whitening(new Float64Array(4), 2), { kind: 'bad-file' });
    assert.throws(() => secondMoment(Float32Array.of(1, Number.POSITIVE_INFINITY), 2), { kind: 'not-finite' });
  });
});
