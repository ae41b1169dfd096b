import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockRows, coherence } from '../../../../src/engine/posthoc/coherence.ts';
import { Random } from '../../../../src/engine/random.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

test('orthonormal rows have coherence 0; a case worked by hand', async (t) => {
  await eachBackend(t, () => {
    const identity = Float32Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3);
    assert.deepEqual([coherence(identity, 3).max, coherence(identity, 3).mean], [0, 0]);
    // cosines: 0.6 with the first, 0.8 with the second; the sign does not count
    const { max, mean, nearest } = coherence(Float32Array.of(1, 0, 0, 1, -3, 4), 3);
    assertClose([max, mean, ...nearest], [0.8, 1.4 / 3, 0.6, 0.8, 0.8], 1e-6);
  });
});

test('blocks change nothing', async (t) => {
  await eachBackend(t, () => {
    const n = blockRows + 7;
    const rows = Random.from(1).normals(n * 4);
    rows.set(rows.subarray(0, 4).map((v) => -2 * v), (n - 1) * 4);
    const { max, nearest } = coherence(rows, n);
    assertClose([max, nearest[0]!, nearest[n - 1]!], [1, 1, 1], 1e-5);
  });
});
