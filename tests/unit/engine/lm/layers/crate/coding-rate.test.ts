import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codingRate, codingRateGradient, columnGram, compressedRate, compressedRateGradient, rateOfGram, transposed } from '../../../../../../src/engine/lm/layers/crate/coding-rate.ts';
import type { Rows } from '../../../../../../src/engine/lm/layers/crate/coding-rate.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { assertClose } from '../../../../../support/closeness.ts';

const rows = (random: Random, n: number, d: number): Rows => ({ values: Float64Array.from(random.normals(n * d)), n, d });

/** Orthonormal columns, float64 [d, p], by Gram and Schmidt. */
function orthonormal(random: Random, d: number, p: number): Float64Array {
  const columns: Float64Array[] = [];
  while (columns.length < p) {
    const column = Float64Array.from(random.normals(d));
    for (const other of columns) {
      const along = column.reduce((sum, value, i) => sum + value * other[i]!, 0);
      column.forEach((value, i) => (column[i] = value - along * other[i]!));
    }
    const norm = Math.hypot(...column);
    columns.push(column.map((value) => value / norm));
  }
  return Float64Array.from({ length: d * p }, (_, at) => columns[at % p]![Math.floor(at / p)]!);
}

test('rates worked by hand', () => {
  // one token of norm 2: log(1 + 3 * 4) / 2
  assertClose([codingRate({ values: Float64Array.of(2, 0), n: 1, d: 2 }, 3)], [Math.log(13) / 2], 1e-14);
  // orthogonal tokens of norm 1 and 2: log(2) / 2 + log(5) / 2
  assertClose([codingRate({ values: Float64Array.of(1, 0, 0, 2), n: 2, d: 2 }, 1)], [Math.log(10) / 2], 1e-14);
  // in the subspace of the first axis only the first counts
  assertClose([compressedRate({ values: Float64Array.of(1, 0, 0, 2), n: 2, d: 2 }, [Float64Array.of(1, 0)], 1)], [Math.log(2) / 2], 1e-14);
  assert.throws(() => compressedRate({ values: Float64Array.of(1, 0), n: 1, d: 2 }, [Float64Array.of(1, 0, 0)], 1), { kind: 'mismatch', message: /\[2, p\]/ });
});

// C-T4
test('the determinant over tokens is that over dimensions within 1e-8', () => {
  const random = Random.from(1);
  for (const [n, d] of [[40, 7], [7, 40], [12, 12]] as const) {
    const z = rows(random, n, d);
    const [byColumns, byRows] = [rateOfGram(columnGram(z), d, 0.7), rateOfGram(columnGram(transposed(z)), n, 0.7)];
    assert.ok(Math.abs(byColumns - byRows) < 1e-8);
    assertClose([codingRate(z, 0.7)], [byColumns], 1e-12);
    // and another alpha is another number
    assert.ok(Math.abs(rateOfGram(columnGram(z), d, 0.8) - byRows) > 0.1);
  }
});

// C-T3, first half
test('the gradients are those of central differences within 1e-5', () => {
  const random = Random.from(2);
  for (const [n, d, p] of [[30, 8, 4], [3, 8, 4]] as const) {
    const z = rows(random, n, d);
    const bases = [orthonormal(random, d, p), Float64Array.from(random.normals(d * p))];
    const checks = [
      [codingRateGradient(z, 0.6), (values: Float64Array) => codingRate({ values, n, d }, 0.6)],
      [compressedRateGradient(z, bases, 0.6), (values: Float64Array) => compressedRate({ values, n, d }, bases, 0.6)],
    ] as const;
    for (const [gradient, value] of checks) {
      const difference = Float64Array.from(z.values, (_, i) => {
        const moved = (by: number): number => value(z.values.map((v, j) => (i === j ? v + by : v)));
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      const error = Math.hypot(...gradient.map((g, i) => g - difference[i]!)) / Math.hypot(...difference);
      assert.ok(error < 1e-5, `${n} tokens: ${error}`);
    }
  }
});

// C-T3, second half
test('a step of 0.05 to 0.5 along the negative gradient lowers the compressed rate, for 100 random sets of tokens', () => {
  const random = Random.from(3);
  const [n, d, p, heads] = [20, 12, 3, 4];
  let rises = 0;
  for (let trial = 0; trial < 100; trial++) {
    const z = rows(random, n, d);
    const bases = Array.from({ length: heads }, () => orthonormal(random, d, p));
    const c = p / (n * 0.25);
    const [before, gradient] = [compressedRate(z, bases, c), compressedRateGradient(z, bases, c)];
    for (const step of [0.05, 0.1, 0.2, 0.5]) {
      const after = (sign: number): number => compressedRate({ ...z, values: z.values.map((v, i) => v + sign * step * gradient[i]!) }, bases, c);
      assert.ok(after(-1) < before, `trial ${trial}, step ${step}`);
      if (after(1) > before) rises++;
    }
  }
  // up the gradient it rises
  assert.equal(rises, 400);
});
