import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largestIsometricK, largestUniqueK, stability, thresholdWindow } from '../../../../../src/engine/sae/atoms/bounds.ts';
import { Random } from '../../../../../src/engine/random.ts';
import { assertClose } from '../../../../support/closeness.ts';

test('an orthonormal dictionary is stable at every q, one with a duplicated column not at q 1', () => {
  assert.equal(stability(new Float32Array(6), [3, 3, 3]), 1);
  // one pair of six is a duplicate: the quantile reaches 1 above q = 5/6
  assert.equal(stability([0, 0, 0, 0, 0, 1], [1, 1, 1]), 0.833);
});

test('four columns by hand', () => {
  // (1,0), (0,1), (0.6,0.8), (0.8,0.6): |cos| 0, 0.6, 0.8, 0.8, 0.6, 0.96, so ascending 0 .6 .6 .8 .8 .96
  const pairs = [0, 0.6, 0.6, 0.8, 0.8, 0.96];
  // L0 of 4 tokens: 1 1 1 2. K_q is 1 up to q 0.75, where 1/(2K-1) is 1 and every pair is below; then 2, with 1/3 below mu
  assert.equal(stability(pairs, [1, 1, 1, 2]), 0.75);
  // always two latents: only the first pair, 0, is below 1/3, and it is the quantile up to q = 1/6
  assert.equal(stability(pairs, [2, 2, 2, 2]), 0.166);
  assert.equal(stability([0.5], [2]), null, 'even q = 0 fails');
  assert.equal(stability([0.99], [0]), 1, 'nothing fires: nothing is ambiguous');
});

test('the largest K of each bound', () => {
  // mu 0.2: 1/(2K-1) > 0.2 means K < 3; (K-1) 0.2 < 1 means K < 6
  assert.equal(largestUniqueK(0.2), 2);
  assert.equal(largestIsometricK(0.2), 5);
  assert.equal(largestUniqueK(0.19), 3);
  assert.equal(largestUniqueK(1), 0);
  assert.equal(largestUniqueK(0), Infinity);
});

/** The identity beside the Hadamard matrix over 16, 256 dimensions: unit columns, cosines 0 or 1/16. */
function atom(j: number, i: number): number {
  if (j < 256) return j === i ? 1 : 0;
  let bits = (j - 256) & i;
  let odd = 0;
  for (; bits > 0; bits &= bits - 1) odd ^= 1;
  return odd === 0 ? 1 / 16 : -1 / 16;
}

/** m = sum of coefficients times atoms, and all inner products with it. */
function productsOf(support: readonly number[], coefficients: readonly number[]): Float64Array {
  const m = Float64Array.from({ length: 256 }, (_, i) => support.reduce((sum, j, s) => sum + coefficients[s]! * atom(j, i), 0));
  const out = new Float64Array(512);
  for (let j = 0; j < 256; j++) out[j] = m[j]!;
  for (let j = 256; j < 512; j++) for (let i = 0; i < 256; i++) out[j]! += m[i]! * atom(j, i);
  return out;
}

const window = thresholdWindow(1 / 16, 3, 0.9, 1.1);

test('a threshold inside the window recovers every support, by one product; values are off by epsilon (K - 1) deltaMax at most', () => {
  assert.ok(window.feasible);
  assertClose([window.low, window.high], [0.20625, 0.7625], 1e-12);
  const threshold = (window.low + window.high) / 2;
  const random = Random.from(7);
  let [lowErrors, highErrors, worst] = [0, 0, 0];
  for (let sample = 0; sample < 10_000; sample++) {
    const support: number[] = [];
    while (support.length < 3) {
      const j = random.integer(512);
      if (!support.includes(j)) support.push(j);
    }
    const coefficients = support.map(() => 0.9 + 0.2 * random.uniform());
    const products = productsOf(support, coefficients);
    const above = (limit: number): string => Array.from(products.keys()).filter((j) => products[j]! >= limit).join();
    const expected = [...support].sort((a, b) => a - b).join();
    assert.equal(above(threshold), expected, `sample ${sample}`);
    lowErrors += Number(above(1 / 16 - 0.01) !== expected);
    highErrors += Number(above(1.1 + 0.01) !== expected);
    for (const [s, j] of support.entries()) worst = Math.max(worst, Math.abs(products[j]! - coefficients[s]!));
  }
  assert.ok(lowErrors > 5000 && highErrors > 5000, `below epsilon ${lowErrors}, above deltaMax ${highErrors} of 10,000 fail`);
  assert.ok(worst > 0.05 && worst <= (2 / 16) * 1.1, `values are off by up to ${worst}`);
});

test('with K 12 there is no window, and eleven columns against one basis vector break the threshold', () => {
  const wide = thresholdWindow(1 / 16, 12, 0.9, 1.1);
  assert.ok(!wide.feasible);
  // every Hadamard column has +1/16 in entry 0, so basis vector 0, which is absent, gets 11 * 1.1 / 16 = 0.756
  const support = Array.from({ length: 11 }, (_, s) => 256 + s);
  const products = productsOf(support, support.map(() => 1.1));
  const threshold = (window.low + window.high) / 2;
  assert.ok(products[0]! >= threshold, `the absent basis vector shows ${products[0]}`);
});
