import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { routeBySparsity } from '../../../../../../src/engine/lm/layers/moe/moe-x.ts';
import { expertSpecs, linearRouterSpecs, moeXShift } from '../../../../../../src/engine/lm/layers/moe/parameters.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { startExperts } from '../../../../../support/toy-domains.ts';

const shape = { experts: 8, width: 400, dModel: 50, layers: 4 };

test('the start: encoders at 0.02 around a shift of a tenth, decoders smaller by sqrt(2 layers), scores spread by the shift alone', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = startExperts(shape, Random.from(1), moeXShift);
    const deviation = (value: Tensor): number => Math.sqrt(tf.mean(tf.square(value)).dataSync()[0]!);
    assertClose([deviation(weights.wEnc)], [0.02 * Math.sqrt(1.01)], 1e-4);
    assertClose([deviation(weights.wDec)], [0.02 / Math.sqrt(8)], 1e-4);
    // means of 400 rows: shift 0.002, and 0.02 / sqrt(400) = 0.001 of chance
    assertClose([deviation(tf.mean(weights.wEnc, 1))], [Math.hypot(0.002, 0.001)], 2e-4);
    const x = tf.tensor2d(Random.from(2).normals(100 * 50), [100, 50]);
    const spread = (shift: number): number => deviation(routeBySparsity(x, startExperts(shape, Random.from(1), shift), { k: 2, temperature: 1, activation: 'relu' }).scores);
    assert.ok(spread(moeXShift) > 1.7 * spread(0));
  }));
});

test('biases are there when wanted, and neither they nor a router of their own decay wrongly', () => {
  const specs = expertSpecs({ experts: 2, width: 3, biases: true }, { dModel: 4, layers: 1 }, 0);
  assert.deepEqual(Object.entries(specs).map(([name, { shape: own, decay }]) => [name, own, decay]), [['wEnc', [2, 3, 4], true], ['bEnc', [2, 3], false], ['wDec', [2, 3, 4], true], ['bDec', [4], false]]);
  assert.deepEqual(Object.keys(expertSpecs({ experts: 2, width: 3, biases: false }, { dModel: 4, layers: 1 }, 0)), ['wEnc', 'wDec']);
  assert.deepEqual(linearRouterSpecs(2, 4)['wRouter']!.shape, [2, 4]);
});
