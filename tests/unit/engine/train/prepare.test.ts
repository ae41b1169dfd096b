import assert from 'node:assert/strict';
import { test } from 'node:test';
import { geometricMedian, measureData } from '../../../../src/engine/train/prepare.ts';
import { assertClose } from '../../../support/closeness.ts';

test('scale, centre and variance of a case worked by hand', () => {
  // norms 5 and 1, mean 3: scale sqrt(2) / 3. Mean (1.5, 2.5); variance 25/2 + 1/2 - 1.5^2 - 2.5^2 = 4.5, times 2/9
  const { scale, centre, variance } = measureData(Float32Array.of(3, 4, 0, 1), 2, 'mean');
  assertClose([scale, variance, ...centre], [Math.SQRT2 / 3, 1, Math.SQRT2 / 2, (2.5 * Math.SQRT2) / 3], 1e-6);
  assert.deepEqual([...measureData(Float32Array.of(3, 4, 0, 1), 2, 'zero').centre], [0, 0]);
});

test('the geometric median ignores an outlier that moves the mean', () => {
  // three points on a line: the middle one, however far the last is
  assertClose(geometricMedian(Float32Array.of(0, 0, 1, 0, 1000, 0), 2), [1, 0], 1e-2);
});

test('data that do not vary or are not finite are refused', () => {
  assert.throws(() => measureData(Float32Array.of(1, 2, 1, 2), 2, 'mean'), { kind: 'bad-file' });
  assert.throws(() => measureData(new Float32Array(4), 2, 'mean'), { kind: 'bad-file' });
  // a store of one token repeated: rows that differ in the last bit
  assert.throws(() => measureData(Float32Array.of(1, 2, 1 + 2 ** -23, 2), 2, 'mean'), { kind: 'bad-file', message: /one token repeated/ });
  assert.throws(() => measureData(Float32Array.of(1, 2, Number.NaN, 2), 2, 'mean'), { kind: 'not-finite', message: /row 1/ });
});
