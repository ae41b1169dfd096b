import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blurred, gaussianNoise, impulseNoise, noisyLabels } from '../../../../../../src/engine/lm/layers/lazy/corruption.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('a share of labels is drawn anew: nine tenths of it change among ten classes, and none at 0', () => {
  const labels = Int32Array.from({ length: 10_000 }, (_, i) => i % 10);
  const changed = (share: number): number => noisyLabels(labels, share, 10, Random.from(1)).filter((label, i) => label !== labels[i]).length;
  assert.equal(changed(0), 0);
  assert.ok(Math.abs(changed(0.4) - 3600) < 100, String(changed(0.4)));
  assert.ok(Math.abs(changed(1) - 9000) < 150);
  assert.deepEqual(noisyLabels(labels, 0.5, 10, Random.from(3)), noisyLabels(labels, 0.5, 10, Random.from(3)));
});

test('noise has the deviation and the share that were asked for', () => {
  const x = new Float32Array(40_000).fill(0.5);
  const noisy = gaussianNoise(x, 0.2, Random.from(1));
  assertClose([Math.sqrt(noisy.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / x.length)], [0.2], 3e-3);
  const hit = impulseNoise(x, 0.1, [0, 1], Random.from(2));
  const [low, high] = [0, 1].map((end) => hit.filter((value) => value === end).length);
  assert.ok(Math.abs(low! - 2000) < 150 && Math.abs(high! - 2000) < 150, `${low} and ${high}`);
});

test('a blur keeps constants and, within the picture, sums; it spreads a point alike in both directions', () => {
  assertClose(blurred(new Float32Array(2 * 6 * 5).fill(0.3), 6, 5, 2), new Float32Array(60).fill(0.3), 1e-6);
  const point = new Float32Array(2 * 9 * 9);
  point[81 + 4 * 9 + 4] = 1;
  const spread = blurred(point, 9, 9, 1);
  // the first picture is not touched
  assert.ok(spread.subarray(0, 81).every((value) => value === 0));
  const own = spread.subarray(81);
  assertClose([own.reduce((sum, value) => sum + value, 0)], [1], 1e-5);
  assertClose([own[4 * 9 + 3]!], [own[3 * 9 + 4]!], 1e-6);
  assertClose([own[4 * 9 + 5]! / own[4 * 9 + 4]!], [Math.exp(-0.5)], 1e-5);
});
