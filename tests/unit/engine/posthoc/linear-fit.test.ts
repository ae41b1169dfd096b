import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { LinearFit, LinearMap } from '../../../../src/engine/posthoc/linear-fit.ts';
import { Random } from '../../../../src/engine/random.ts';
import { assertClose } from '../../../support/closeness.ts';

before(async () => void (await loadBackend()));

test('a map that is there is found, in parts of any size, with and without an intercept', () => {
  const rows = 3000;
  const x = Random.from(1).normals(rows * 3).map((v, i) => v + (i % 3));
  // t = (x0 - 2 x2, x1 + 4)
  const t = Float32Array.from({ length: rows * 2 }, (_, i) => {
    const row = Math.floor(i / 2) * 3;
    return i % 2 === 0 ? x[row]! - 2 * x[row + 2]! : x[row + 1]! + 4;
  });
  const fit = new LinearFit(3, 2, true);
  fit.add(x.subarray(0, 3 * 1700), t.subarray(0, 2 * 1700), 1700);
  fit.add(x.subarray(3 * 1700), t.subarray(2 * 1700), 1300);
  assert.equal(fit.rows, rows);
  const map = fit.solve();
  assertClose(map.matrix, [1, 0, 0, 1, -2, 0, 0, 4], 1e-4);
  assertClose(map.apply(x.subarray(0, 6), 2), t.subarray(0, 4), 1e-4);
  assert.equal(map.apply(new Float32Array(0), 0).length, 0);
});

test('fewer than 20 rows an input are refused: with so few anything is predicted', () => {
  const fit = new LinearFit(4, 1, false);
  fit.add(new Float32Array(4 * 79), new Float32Array(79), 79);
  assert.throws(() => fit.solve(), { kind: 'bad-request', message: /at least 80 rows, and has 79/ });
  fit.add(new Float32Array(4), new Float32Array(1), 1);
  assert.deepEqual([...fit.solve().matrix], [0, 0, 0, 0]);
});

test('a map without an intercept is a product', () => {
  assertClose(new LinearMap(2, 1, false, Float32Array.of(2, -1)).apply(Float32Array.of(1, 1, 3, 0), 2), [1, 6], 1e-6);
});
