import { test } from 'node:test';
import { R2Sums } from '../../../../src/engine/posthoc/r2.ts';
import { assertClose } from '../../../support/closeness.ts';

test('by dimension and pooled, in a case worked by hand; a constant dimension has no share', () => {
  const sums = new R2Sums(3);
  // dimension 0: 1, 3 (SST 2) with error 1; dimension 1: 0, 10 (SST 50) with error 5^2; dimension 2 constant, predicted exactly
  sums.add(Float32Array.of(1, 0, 7), Float32Array.of(1, 5, 7), 1);
  sums.add(Float32Array.of(3, 10, 7), Float32Array.of(2, 10, 7), 1);
  const { mean, pooled } = sums.result();
  assertClose([mean, pooled], [0.5, 1 - 26 / 52], 1e-12);
});
