import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../../src/engine/random.ts';
import { atomsFigures } from '../../../../../src/engine/sae/atoms/figures.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('rows that are far from orthogonal to Euclid are orthonormal to the atomic product of the data that they make', async (t) => {
  await eachBackend(t, () => {
    // x = h A with independent h: S = (A^T A)^-1, so the rows of A are orthonormal
    const rows = Float32Array.of(1, 0, 0, 0.9, 0.5, 0, 0.8, 0.3, 0.4);
    const h = Random.from(3).normals(60_000);
    const x = Float32Array.from(h, (_, at) => {
      const [row, column] = [at - (at % 3), at % 3];
      return h[row]! * rows[column]! + h[row + 1]! * rows[3 + column]! + h[row + 2]! * rows[6 + column]!;
    });
    const { atomic, euclidean, l0Quantiles, rank } = atomsFigures(rows, 3, [2, 1, 2, 2], x, { ridge: 0, varianceKept: 1 });
    assert.ok(euclidean.coherence > 0.8 && atomic.coherence < 0.03, `${euclidean.coherence}, ${atomic.coherence}`);
    assert.equal(euclidean.stability, 0.25, 'two latents on three tokens of four');
    assert.equal(atomic.stability, 1);
    assert.equal(euclidean.uniqueK, 1);
    assert.ok(atomic.uniqueK > 10 && rank === 3);
    assertClose(l0Quantiles, [2, 2, 2, 2, 2], 0);
  });
});

test('no tokens are refused', () => {
  assert.throws(() => atomsFigures(new Float32Array(4), 2, [], new Float32Array(4)), { kind: 'bad-request' });
});
