import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverseNormal } from '../../../../../../src/engine/lm/layers/monet/inverse-normal.ts';
import { float64Erf } from '../../../../../support/sparsity-router.ts';

test('it undoes the distribution function within 1e-8, in the middle and in both tails', () => {
  for (const x of [-6, -4, -2.5, -1.97, -1, -0.1, 0, 0.5, 1.534, 2, 3, 4]) {
    // 1 + erf loses the left tail: take it by symmetry
    const p = x > 0 ? 0.5 * (1 + float64Erf(x / Math.SQRT2)) : 0.5 * (1 - float64Erf(-x / Math.SQRT2));
    assert.ok(Math.abs(inverseNormal(p) - x) < 1e-8 * Math.max(1, Math.abs(x)) + (Math.abs(x) > 3.9 ? 1e-6 : 0), `${x}: ${inverseNormal(p)}`);
  }
});

test('the ends are infinite, and what is no probability is refused', () => {
  assert.deepEqual([inverseNormal(0), inverseNormal(1)], [-Infinity, Infinity]);
  assert.throws(() => inverseNormal(1.1), { kind: 'bad-request', message: /1\.1/ });
  assert.throws(() => inverseNormal(Number.NaN), { kind: 'bad-request' });
});
