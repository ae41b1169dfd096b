import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argMax, sampleToken } from '../../../../src/engine/lm/sampling.ts';
import { Random } from '../../../../src/engine/random.ts';

test('the first of equal logits is the largest', () => {
  assert.equal(argMax(new Float32Array([1, 3, 3, 2])), 1);
});

test('temperature 0 takes the largest and draws no number', () => {
  const random = Random.from(1);
  const state = random.state;
  assert.equal(sampleToken(new Float32Array([0, 5, 1]), 0, 1, random), 1);
  assert.deepEqual(random.state, state);
});

test('tokens are drawn as often as softmax says', () => {
  // softmax([ln 1, ln 2, ln 5]) = 1/8, 2/8, 5/8
  const logits = new Float32Array([Math.log(1), Math.log(2), Math.log(5)]);
  const random = Random.from(7);
  const counts = [0, 0, 0];
  for (let i = 0; i < 8000; i++) counts[sampleToken(logits, 1, 1, random)]!++;
  // The standard deviation of a count is below 44; 200 is more than four of them.
  [1000, 2000, 5000].forEach((expected, i) => assert.ok(Math.abs(counts[i]! - expected) < 200, `${counts}`));
});

test('topP keeps the smallest set that reaches it', () => {
  // 5/8 < 0.8 <= 5/8 + 2/8: the two likeliest remain.
  const logits = new Float32Array([Math.log(1), Math.log(2), Math.log(5)]);
  const random = Random.from(3);
  const seen = new Set(Array.from({ length: 500 }, () => sampleToken(logits, 1, 0.8, random)));
  assert.deepEqual([...seen].sort(), [1, 2]);
});

test('a high temperature flattens, a low one sharpens', () => {
  const logits = new Float32Array([0, 2]);
  const share = (temperature: number): number => {
    const random = Random.from(5);
    return Array.from({ length: 4000 }, () => sampleToken(logits, temperature, 1, random)).reduce((a, b) => a + b, 0) / 4000;
  };
  // 1 / (1 + exp(-2 / T)): 0.5987 at T = 5, 0.9820 at T = 0.5
  assert.ok(Math.abs(share(5) - 0.5987) < 0.03);
  assert.ok(Math.abs(share(0.5) - 0.982) < 0.01);
});
