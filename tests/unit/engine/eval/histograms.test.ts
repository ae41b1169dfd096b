import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densityHistogram, encoderDecoderCosines, histogramOf } from '../../../../src/engine/eval/histograms.ts';
import { assertClose } from '../../../support/closeness.ts';

test('bins of equal width; the largest value counts in the last one; what is no number nowhere', () => {
  assert.deepEqual(histogramOf([0, 1, 2, 3, 4, Number.NaN], 4), { from: 0, to: 4, counts: [1, 1, 1, 2] });
  assert.deepEqual(histogramOf([-5, 5], 2, [0, 1]).counts, [1, 1]);
  assert.deepEqual(histogramOf([7, 7], 2).counts, [2, 0]);
});

test('densities in log10, with those that never fired apart and the finest that can be told', () => {
  const { counts, neverFired, finest, from, to } = densityHistogram(Float64Array.of(0, 1, 100, 1000), 1000);
  // log10 of 0.001, 0.1 and 1: bins 35, 45 and the last, 49
  assert.deepEqual([from, to, neverFired, counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : []))], [-10, 0, 1, [[35, 1], [45, 1], [49, 1]]]);
  assertClose([finest], [-3], 1e-12);
});

test('cosines of encoder and decoder rows', () => {
  const cosines = encoderDecoderCosines(Float32Array.of(1, 0, 1, 1, 0, 0), Float32Array.of(2, 0, -1, 0, 1, 1), 3);
  assertClose(cosines.subarray(0, 2), [1, -Math.SQRT1_2], 1e-12);
  assert.ok(Number.isNaN(cosines[2]));
});
