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
