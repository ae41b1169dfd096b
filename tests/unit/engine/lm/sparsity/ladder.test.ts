import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedLadder, densityBin, densityBins, l0Figures, perTokenBins, percentile, usualLadder } from '../../../../../src/engine/lm/sparsity/ladder.ts';

test('the usual ladder is 0, powers of four and all units, and ends where no token has more', () => {
  assert.deepEqual(usualLadder(100, 100), [0, 1, 4, 16, 64, 100]);
  assert.deepEqual(usualLadder(4096, 20), [0, 1, 4, 16, 64, 4096]);
  assert.deepEqual(usualLadder(1, 1), [0, 1]);
  assert.deepEqual(checkedLadder([8, 2, 8, 1000], 64), [2, 8, 64]);
});

test('percentiles of tokens by hand: 1 token with 0 units, 2 with 1, 1 with 3', () => {
  const histogram = [1, 2, 0, 1];
  // sorted 0 1 1 3: a quarter of the tokens does not exceed 0, three quarters do not exceed 1
  assert.deepEqual([0, 0.25, 0.26, 0.75, 0.76, 1].map((share) => percentile(histogram, share)), [0, 0, 1, 1, 3, 3]);
  assert.deepEqual(l0Figures(histogram), { mean: 1.25, least: 0, p5: 0, p25: 0, p50: 1, p75: 1, p95: 3, most: 3 });
});

test('densities stand in bins from one token to all; units that never fire in none', () => {
  const { edges, counts } = densityBins([0, 0.01, 0.1, 0.1, 1, 0], 100);
  assert.equal(counts.length, 12);
  assert.ok(Math.abs(edges[0]! - 0.01) < 1e-12 && edges.at(-1) === 1);
  assert.deepEqual([counts[0], counts[6], counts[11]], [1, 2, 1]);
  assert.equal(counts.reduce((a, b) => a + b), 4);
  assert.equal(densityBins([1], 1).counts.reduce((a, b) => a + b), 1);
});

test('a unit stands in the bin that it is counted in', () => {
  const rates = Array.from({ length: 101 }, (_, n) => n / 100);
  const { counts } = densityBins(rates, 100);
  assert.deepEqual(counts, counts.map((_, bin) => rates.filter((rate) => densityBin(rate, 100) === bin).length));
  assert.deepEqual([densityBin(0, 100), densityBin(0.01, 100), densityBin(1, 100)], [null, 0, 11]);
});

test('tokens by units stand in whole bins from the fewest to the most, 48 at most', () => {
  assert.deepEqual(perTokenBins([0, 2, 0, 1, 0]), { edges: [1, 2, 3, 4], counts: [2, 0, 1] });
  assert.deepEqual(perTokenBins([5, 0]), { edges: [0, 1], counts: [5] });
  const wide = perTokenBins(Int32Array.from({ length: 1000 }, () => 1));
  assert.ok(wide.counts.length <= 48 && wide.edges[0] === 0 && wide.edges.at(-1)! >= 1000);
  assert.equal(wide.counts.reduce((a, b) => a + b), 1000);
});
