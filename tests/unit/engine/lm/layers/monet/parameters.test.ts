import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { initHd, initRouter, initVd } from '../../../../../../src/engine/lm/layers/monet/init.ts';
import { expertParameters, explicitParameters, monetModelParameters, routerParameters } from '../../../../../../src/engine/lm/layers/monet/parameters.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';

const count = (weights: object): number => (Object.values(weights) as Tensor[]).reduce((sum, weight) => sum + weight.size, 0);

// B-T3
test('counted parameters equal the formula for three shapes, in both decompositions', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    for (const shape of [{ s: 32, m: 8, dModel: 128 }, { s: 5, m: 2, dModel: 8 }, { s: 64, m: 12, dModel: 96 }]) {
      assert.equal(count(initHd(shape, Random.from(1))), expertParameters(shape));
      assert.equal(count(initVd(shape, Random.from(1))), expertParameters(shape));
      assert.equal(count(initRouter(shape.s, 3, shape.dModel, Random.from(1))), routerParameters(shape.s, 3, shape.dModel));
    }
  }));
});

test('16 times the experts are 4 times the parameters, and a bank of them would have s times as many', () => {
  const shape = { s: 128, m: 12, dModel: 1536 };
  assert.equal(expertParameters({ ...shape, s: 512 }), 4 * expertParameters(shape));
  assert.equal(explicitParameters(shape), 128 * expertParameters({ ...shape, m: 12 }));
});

test('the published models of 850M, 1.4B and 4.1B, by the formula, with 32,000 tokens and 262,144 experts a layer; norms are left out', () => {
  const model = (layers: number, dModel: number, m: number, heads: number): number => monetModelParameters({ layers, dModel, m, heads, s: 512, group: 4, vocab: 32_000 }).total;
  assert.deepEqual([model(24, 1536, 12, 6), model(24, 2048, 16, 8), model(32, 3072, 24, 12)].map((total) => (total / 1e6).toFixed(1)), ['853.4', '1465.1', '4173.2']);
});
