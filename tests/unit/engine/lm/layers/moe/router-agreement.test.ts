import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { RouterAgreement } from '../../../../../../src/engine/lm/layers/moe/router-agreement.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { startExperts } from '../../../../../support/toy-domains.ts';

test('scores run against the units that fire, and worse where experts hardly differ', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const shape = { experts: 4, width: 128, dModel: 16, layers: 1 };
    const of = (shift: number): number => {
      const agreement = new RouterAgreement();
      assert.equal(agreement.correlation(), 0);
      const weights = startExperts(shape, Random.from(1), shift);
      for (const seed of [2, 3]) agreement.add(tf.tensor2d(Random.from(seed).normals(50 * 16), [50, 16]), weights);
      return agreement.correlation();
    };
    const [clear, blurred] = [of(1), of(0.02)];
    assert.ok(clear < -0.95, String(clear));
    assert.ok(blurred > clear + 0.02 && blurred < -0.5, String(blurred));
  }));
});

test('pairs are counted, drawn by a seed and carry their expert', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const agreement = new RouterAgreement();
    const weights = startExperts({ experts: 4, width: 32, dModel: 16, layers: 1 }, Random.from(1), 1);
    agreement.add(tf.tensor2d(Random.from(2).normals(20 * 16), [20, 16]), weights);
    assert.equal(agreement.pairs, 80);
    assert.ok(agreement.linear() < -0.8, String(agreement.linear()));
    assert.deepEqual(agreement.sample(100, Random.from(1)).map(([, , expert]) => expert), Array.from({ length: 80 }, (_, i) => i % 4));
    const some = agreement.sample(10, Random.from(1));
    assert.deepEqual([some.length, some], [10, agreement.sample(10, Random.from(1))]);
  }));
});
