import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { coherenceOf, quantile } from '../../../../../src/engine/sae/atoms/coherence.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('three rows by hand, whatever their norms; a zero row has cosine 0', async (t) => {
  await eachBackend(t, () => {
    // cosines 0, 0.6, -0.8 and three zeros
    const { max, mean, sorted } = coherenceOf(Float32Array.of(2, 0, 0, 3, 0.6, -0.8, 0, 0), 4, 2);
    assertClose([max, mean], [0.8, 1.4 / 6], 1e-6);
    assertClose(sorted, [0, 0, 0, 0, 0.6, 0.8], 1e-6);
  });
});

test('blocks of rows give every pair once', async (t) => {
  await eachBackend(t, (name) => {
    const [n, d] = [name === 'tensorflow' ? 2100 : 1030, 3];
    const rows = Random.from(1).normals(n * d);
    const { max, mean, sorted } = coherenceOf(rows, n, d);
    assert.equal(sorted.length, (n * (n - 1)) / 2);
    // random directions in three dimensions: |cos| is uniform on [0, 1]
    assert.ok(Math.abs(mean - 0.5) < 0.02 && max > 0.9999);
    assertClose([quantile(sorted, 0.25)], [0.25], 0.02);
  });
});

test('a duplicated row gives coherence 1, one row alone none', async (t) => {
  await eachBackend(t, () => {
    assertClose([coherenceOf(Float32Array.of(1, 2, 3, 1, 2, 3), 2, 3).max], [1], 1e-6);
    assert.deepEqual(coherenceOf(Float32Array.of(1, 2, 3), 1, 3), { max: 0, mean: 0, sorted: new Float32Array(0) });
  });
});

test('quantiles of four values', () => {
  assert.deepEqual([0, 0.25, 0.26, 0.5, 0.75, 1].map((q) => quantile([10, 20, 30, 40], q)), [10, 10, 20, 20, 30, 40]);
});
