/** F-T2: four of each quantile, nothing shared with the test set, nothing padded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leastWindows, quantileSample, splitExamples } from '../../../../src/engine/labelling/sampling.ts';
import { Random } from '../../../../src/engine/random.ts';
import { gramHashes } from '../../../../src/engine/labelling/windows.ts';
import { MadeText } from '../../../support/label-text.ts';

test('40 examples hold exactly 4 of each of 10 equal-count quantiles', () => {
  const values = Array.from({ length: 205 }, (_, i) => (i * 37) % 205);
  const { chosen, short } = quantileSample(values, 10, 4, Random.from(1));
  assert.equal(new Set(chosen).size, 40);
  assert.deepEqual(short, []);
  // 205 values: rank r (0 the strongest) lies in quantile q with floor(20.5 q) <= r < floor(20.5 (q + 1)).
  const quantileOf = (value: number): number => Array.from({ length: 10 }, (_, q) => q).find((q) => 204 - value < Math.floor(20.5 * (q + 1)))!;
  for (let q = 0; q < 10; q++) assert.equal(chosen.filter((i) => quantileOf(values[i]!) === q).length, 4, `quantile ${q}`);
});

test('a quantile with too few says so and is not padded', () => {
  const { chosen, short } = quantileSample([5, 4, 3, 2, 1, 0, 9], 3, 3, Random.from(1));
  // floor(7/3) = 2, floor(14/3) = 4: quantiles of 2, 2 and 3.
  assert.equal(chosen.length, 7);
  assert.deepEqual(short, [{ quantile: 0, has: 2 }, { quantile: 1, has: 2 }]);
});

test('the same seed draws the same', () => {
  const values = Array.from({ length: 50 }, (_, i) => i);
  assert.deepEqual(quantileSample(values, 5, 2, Random.from(3)), quantileSample(values, 5, 2, Random.from(3)));
});

test('explaining and testing windows share no text, and come from different contexts', () => {
  const made = new MadeText();
  const windows = made.random(45, 2, (word) => (/^\d$/.test(word) ? 1 + Number(word) : 0)).map((window, i) => ({ ...window, context: i >> 1 }));
  const { explain, test: tested } = splitExamples(windows, Random.from(1))!;
  assert.equal(explain.length, 10); // 23 contexts: 5 quantiles of 2
  const seen = new Set(explain.map(({ context }) => context));
  assert.ok(tested.every(({ context }) => !seen.has(context)));
  const grams = new Set(explain.flatMap(({ tokens }) => gramHashes(tokens)));
  assert.ok(!tested.some(({ tokens }) => gramHashes(tokens).some((gram) => grams.has(gram))));
});

test('too few contexts, or nothing left to test with, are told', () => {
  const made = new MadeText();
  assert.equal(splitExamples(made.random(leastWindows - 1, 1), Random.from(1)), null);
  const one = made.window('*a b c d e f g h');
  assert.equal(splitExamples(Array.from({ length: 20 }, (_, context) => ({ ...one, context })), Random.from(1)), null, 'all are the same text');
});
