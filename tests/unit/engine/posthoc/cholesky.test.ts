import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cholesky, choleskySolve } from '../../../../src/engine/posthoc/cholesky.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

test('a case worked by hand', () => {
  // [4 2; 2 5] = [2 0; 1 2] [2 1; 0 2]
  assert.deepEqual([...cholesky(Float64Array.of(4, 2, 2, 5), 2)], [2, 0, 1, 2]);
  // 4 x + 2 y = 8, 2 x + 5 y = 8: (1.5, 1)
  assertClose(choleskySolve(Float64Array.of(4, 2, 2, 5), Float64Array.of(8, 8), 2, 1), [1.5, 1], 1e-14);
});

test('several right sides at once', () => {
  const [n, m] = [12, 5];
  const b = Random.from(1).normals(n * n);
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j]! += b[i * n + k]! * b[j * n + k]!;
  for (let i = 0; i < n; i++) a[i * n + i]! += 1;
  const x = Float64Array.from(Random.from(2).normals(n * m));
  const right = new Float64Array(n * m);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) for (let k = 0; k < n; k++) right[i * m + j]! += a[i * n + k]! * x[k * m + j]!;
  assertClose(choleskySolve(a, right, n, m), x, 1e-10);
});

test('a matrix that is not positive definite is refused', () => {
  assert.throws(() => cholesky(Float64Array.of(1, 2, 2, 1), 2), { kind: 'not-finite', message: /row 1/ });
  assert.throws(() => cholesky(Float64Array.of(Number.NaN), 1), { kind: 'not-finite' });
});
