import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CorrelationSums, featureF1 } from '../../../../src/engine/posthoc/activation-matching.ts';
import { Random } from '../../../../src/engine/random.ts';
import type { SparseCodes } from '../../../../src/engine/sae/dictionary.ts';
import { assertClose } from '../../../support/closeness.ts';
import { correlation } from '../../../support/correlation.ts';

const codesOf = (dense: readonly (readonly number[])[]): SparseCodes => {
  const width = dense[0]!.length;
  return { rows: dense.length, width, indices: Int32Array.from(dense.flat(), (_, i) => i % width), values: Float32Array.from(dense.flat()) };
};

test('correlations over the same tokens are Pearson\'s, over all rows, in parts', () => {
  const random = Random.from(1);
  const a = Array.from({ length: 60 }, () => [0, 1, 2].map(() => Math.fround(Math.max(0, random.normal()))));
  // latent 0 of b is twice latent 2 of a; latent 1 is noise; latent 2 never fires
  const b = a.map((row) => [2 * row[2]!, Math.fround(Math.max(0, random.normal())), 0]);
  const sums = new CorrelationSums(3, 3);
  sums.add(codesOf(a.slice(0, 25)), codesOf(b.slice(0, 25)));
  sums.add(codesOf(a.slice(25)), codesOf(b.slice(25)));
  const { best, at } = sums.result();
  assert.equal(at[2], 0);
  assertClose([best[2]!], [1], 1e-6);
  for (const i of [0, 1]) {
    const all = [0, 1].map((j) => correlation(a.map((row) => row[i]!), b.map((row) => row[j]!)));
    assertClose([best[i]!, at[i]!], [Math.max(...all), all.indexOf(Math.max(...all))], 1e-6);
  }
});

test('a latent that never varies matches nothing; other tokens and too many pairs are refused', () => {
  const sums = new CorrelationSums(2, 1);
  sums.add(codesOf([[1, 0], [1, 3]]), codesOf([[0], [2]]));
  const { best, at } = sums.result();
  assert.deepEqual([Number.isNaN(best[0]), at[0], best[1], at[1]], [true, -1, 1, 0]);
  assert.throws(() => sums.add(codesOf([[1, 0]]), codesOf([[0], [2]])), { kind: 'mismatch' });
  assert.throws(() => new CorrelationSums(20_000, 20_000), { kind: 'bad-request' });
});

test('F1 of known features, worked by hand', () => {
  // features in the tokens: {0}, {0}, {1}; latent 5 is matched to feature 0, latent 7 to feature 1 and 2
  const truth = { rows: 3, features: Int32Array.of(0, 0, 1) };
  const codes = { rows: 3, width: 2, indices: Int32Array.of(5, 7, 9, 0, 5, 0), values: Float32Array.of(1, -2, 1, 0, 3, 0) };
  // feature 0: fires on tokens 0 and 2, is in 0 and 1: hit 1 of 2 and 2; feature 1: fires on token 0 alone; feature 2 never is there
  assertClose(featureF1(codes, truth, Int32Array.of(5, 7, 7)), [0.5, 0, 0], 1e-12);
});
