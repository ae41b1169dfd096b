import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { applyVd } from '../../../../../../src/engine/lm/layers/monet/vd.ts';
import type { VdWeights } from '../../../../../../src/engine/lm/layers/monet/vd.ts';
import { explicitPairs, factoredPairs } from '../../../../../../src/engine/lm/layers/monet/pairs.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { asTensors, drawGates, drawWeights, explicitSum, factorisedSum, pairWeights, vdShapes } from '../../../../../support/monet.ts';

const shape = { s: 5, m: 2, d: 8, heads: 2 };
const random = Random.from(12);
const weights = drawWeights(vdShapes(shape), random);
const x = Float64Array.from(random.normals(shape.d));
const [g1, g2] = [drawGates(random, shape, 1), drawGates(random, shape, 1)];
const keep = Float32Array.from({ length: 25 }, (_, pair) => Number(pair % 3 !== 1));

// B-T1, B-T2: the algebra in float64
test('the factorised sum is the explicit sum over 25 experts within 1e-12, with a mask too', () => {
  for (const mask of [null, keep]) {
    const explicit = explicitSum('vd', weights, x, pairWeights(g1, g2, shape, mask), shape);
    const factorised = factorisedSum('vd', weights, x, g1, g2, shape, mask);
    assert.ok(Math.max(...explicit.map((value, i) => Math.abs(value - factorised[i]!))) < 1e-12);
  }
  // and a mask that is turned over gives something else
  const turned = keep.map((_, pair) => keep[(pair % 5) * 5 + Math.floor(pair / 5)]!);
  const wrong = factorisedSum('vd', weights, x, g1, g2, shape, turned);
  const explicit = explicitSum('vd', weights, x, pairWeights(g1, g2, shape, keep), shape);
  assert.ok(Math.max(...explicit.map((value, i) => Math.abs(value - wrong[i]!))) > 1e-3);
});

test('the layer is the explicit sum within 1e-5, for gates that sum to 1 or not, with a mask or not', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const tensors = asTensors(weights, vdShapes(shape)) as unknown as VdWeights;
    const half = drawGates(Random.from(3), shape, 0.5);
    const asGates = (gates: Float64Array): Tensor3D => tf.tensor3d(Float32Array.from(gates), [1, shape.heads, shape.s]);
    for (const first of [g1, half]) {
      for (const mask of [null, keep]) {
        const expected = explicitSum('vd', weights, x, pairWeights(first, g2, shape, mask), shape);
        const got = applyVd(tf.tensor2d(Float32Array.from(x), [1, shape.d]), tensors, factoredPairs({ gates1: asGates(first), gates2: asGates(g2) }, mask === null ? null : tf.tensor2d(mask, [5, 5])));
        assertClose(got.dataSync(), expected, 1e-5);
        const c = tf.tensor3d(Float32Array.from(pairWeights(first, g2, shape, mask)), [1, 5, 5]);
        assertClose(applyVd(tf.tensor2d(Float32Array.from(x), [1, shape.d]), tensors, explicitPairs(c)).dataSync(), expected, 1e-5);
      }
    }
  }));
});
