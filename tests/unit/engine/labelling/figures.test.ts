/** F-T7: AUROC is the share of pairs in the right order. Intervals by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auroc, balancedAccuracy, balancedInterval, rates, wilson } from '../../../../src/engine/labelling/figures.ts';
import { Random } from '../../../../src/engine/random.ts';

const close = (actual: number, expected: number, within = 1e-9): void => assert.ok(Math.abs(actual - expected) < within, `${actual} instead of ${expected}`);

test('balanced accuracy, precision, recall and F1 by hand', () => {
  const c = { truePositives: 15, falseNegatives: 5, trueNegatives: 45, falsePositives: 5 };
  close(balancedAccuracy(c), (0.75 + 0.9) / 2);
  assert.deepEqual(rates(c), { precision: 0.75, recall: 0.75, f1: 0.75 });
  assert.deepEqual(rates({ truePositives: 0, falseNegatives: 4, trueNegatives: 9, falsePositives: 0 }), { precision: 0, recall: 0, f1: 0 });
});

test('the Wilson interval of 8 in 10, by hand', () => {
  // z^2 = 3.841459; centre (.8 + .192073) / 1.3841459 = .716737; half 1.959964 / 1.3841459 * sqrt(.016 + .0096036) = .226581.
  const { low, high } = wilson(8, 10);
  close(low, 0.490162, 2e-5);
  close(high, 0.943318, 2e-5);
  assert.deepEqual(wilson(0, 0), { low: 0, high: 1 });
  assert.equal(wilson(0, 5).low, 0);
  assert.equal(wilson(5, 5).high, 1);
});

test('the interval of the balanced accuracy holds it, and halves the distances of both parts put together by squares', () => {
  const c = { truePositives: 8, falseNegatives: 2, trueNegatives: 10, falsePositives: 0 };
  const { low, high } = balancedInterval(c);
  // .9 - hypot(.8 - .490162, 1 - wilson(10, 10).low) / 2; 1 / 1.3841459 = .722467 is that low end.
  close(low, 0.9 - Math.hypot(0.309838, 1 - 0.722467) / 2, 2e-5);
  close(high, 0.9 + Math.hypot(0.143318, 0) / 2, 2e-5);
});

test('AUROC equals the brute-force count of pairs, ties at one half', () => {
  assert.equal(auroc([1, 2], [0, 0.5]), 1);
  assert.equal(auroc([1, 1], [1]), 0.5);
  assert.ok(Number.isNaN(auroc([], [1])));
  for (let seed = 0; seed < 30; seed++) {
    const random = Random.from(seed);
    const draw = (n: number): number[] => Array.from({ length: n }, () => random.integer(6));
    const [positive, negative] = [draw(1 + random.integer(12)), draw(1 + random.integer(12))];
    let pairs = 0;
    for (const p of positive) for (const q of negative) pairs += p > q ? 1 : p === q ? 0.5 : 0;
    close(auroc(positive, negative), pairs / (positive.length * negative.length));
  }
});
