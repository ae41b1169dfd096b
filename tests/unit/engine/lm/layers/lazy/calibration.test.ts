import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationError, mergedBins, reliabilityBins } from '../../../../../../src/engine/lm/layers/lazy/calibration.ts';

const ten = (confidence: number, right: number): ReturnType<typeof reliabilityBins> => reliabilityBins(new Array<number>(10).fill(confidence), Array.from({ length: 10 }, (_, i) => i < right));
const close = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-12, `${a} and ${b}`);

// I-T5
test('ten predictions at 0.8: no error with eight right, 0.3 with five', () => {
  close(calibrationError(ten(0.8, 8)), 0);
  close(calibrationError(ten(0.8, 5)), 0.3);
});

test('bins are fifteen, the last holds 1, and empty ones count nothing', () => {
  const bins = reliabilityBins([1, 0.99, 0, 0.5], [1, 0, 0, 1]);
  assert.deepEqual(bins.map(({ count }) => count), [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2]);
  const last = bins.at(-1)!;
  close(last.confidence, 0.995);
  assert.equal(last.accuracy, 0.5);
  // (2 |0.5 - 0.995| + |1 - 0.5| + |0 - 0|) / 4
  close(calibrationError(bins), (2 * 0.495 + 0.5) / 4);
  assert.equal(calibrationError(reliabilityBins([], [])), 0);
});

test('a confidence that is no probability is refused', () => {
  assert.throws(() => reliabilityBins([0.2, 1.2], [1, 1]), { kind: 'bad-request', message: /prediction 1 is 1\.2/ });
});

test('diagrams of two batches make that of both', () => {
  const [a, b] = [[0.8, 0.8, 0.1], [0.85, 0.3]];
  const [rightA, rightB] = [[1, 0, 0], [1, 1]];
  const both = mergedBins(reliabilityBins(a, rightA), reliabilityBins(b, rightB));
  const whole = reliabilityBins([...a, ...b], [...rightA, ...rightB]);
  both.forEach((bin, i) => {
    assert.equal(bin.count, whole[i]!.count);
    assert.ok(Math.abs(bin.confidence - whole[i]!.confidence) + Math.abs(bin.accuracy - whole[i]!.accuracy) < 1e-12);
  });
});
