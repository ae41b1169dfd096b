import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spectralStart, spectralSteps } from '../../../../../src/engine/interp/map/spectral.ts';
import { Random } from '../../../../../src/engine/random.ts';

function run(graph: Parameters<typeof spectralStart>[0]): { points: Float32Array; steps: number } {
  const start = spectralStart(graph, Random.from(0));
  for (let steps = 0; ; steps++) {
    const { done, value } = start.next();
    if (done === true) return { points: value, steps };
  }
}

const ring = (n: number) => ({ n, heads: Int32Array.from({ length: n }, (_, i) => i), tails: Int32Array.from({ length: n }, (_, i) => (i + 1) % n), weights: new Float32Array(n).fill(1) });

test('a ring of twelve begins as a ring: those side by side are near, those across are far', () => {
  const { points, steps } = run(ring(12));
  assert.equal(steps, spectralSteps);
  const apart = (i: number, j: number): number => Math.hypot(points[2 * i]! - points[2 * j]!, points[2 * i + 1]! - points[2 * j + 1]!);
  for (let i = 0; i < 12; i++) assert.ok(apart(i, (i + 1) % 12) < apart(i, (i + 6) % 12) / 2);
});

test('every point is somewhere within the square, one without ties too', () => {
  const { points } = run({ ...ring(6), n: 8 });
  assert.equal(points.length, 16);
  assert.ok(points.every((value) => Number.isFinite(value) && Math.abs(value) < 11));
});
