import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cosineRate, learningRate } from '../../../../src/engine/train/schedule.ts';

test('the rate rises over the warm-up, stays, and falls over the last part without reaching 0', () => {
  const schedule = { lr: 1, steps: 10, warmupSteps: 2, decayFraction: 0.4 };
  const rates = Array.from({ length: 10 }, (_, step) => learningRate(schedule, step));
  assert.deepEqual(rates, [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]);
});

test('without warm-up and decay it is constant', () => {
  const schedule = { lr: 3, steps: 5, warmupSteps: 0, decayFraction: 0 };
  assert.deepEqual([0, 4].map((step) => learningRate(schedule, step)), [3, 3]);
});

test('the cosine rises over the warm-up, stands highest behind it, and ends at its minimum', () => {
  const schedule = { lr: 1, minimum: 0.1, steps: 110, warmupSteps: 10 };
  assert.equal(cosineRate(schedule, 0), 0.1);
  assert.equal(cosineRate(schedule, 9), 1);
  assert.equal(cosineRate(schedule, 10), 1);
  assert.ok(Math.abs(cosineRate(schedule, 60) - 0.55) < 1e-12); // half-way: (1 + 0.1) / 2
  assert.ok(Math.abs(cosineRate(schedule, 110) - 0.1) < 1e-12);
  assert.equal(cosineRate({ ...schedule, warmupSteps: 0 }, 0), 1);
});
