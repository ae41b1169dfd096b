import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { applyHd, subExpertCodes } from '../../../../../../src/engine/lm/layers/monet/hd.ts';
import type { HdWeights } from '../../../../../../src/engine/lm/layers/monet/hd.ts';
import { explicitPairs, factoredPairs } from '../../../../../../src/engine/lm/layers/monet/pairs.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { asTensors, drawGates, drawWeights, explicitSum, factorisedSum, hdShapes, pairWeights } from '../../../../../support/monet.ts';

const shape = { s: 5, m: 2, d: 8, heads: 2 };
const random = Random.from(11);
const weights = drawWeights(hdShapes(shape), random);
const x = Float64Array.from(random.normals(shape.d));
const [g1, g2] = [drawGates(random, shape, 1), drawGates(random, shape, 1)];
const keep = Float32Array.from({ length: 25 }, (_, pair) => Number(pair % 3 !== 1));

const distance = (a: Float64Array, b: Float64Array): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

// B-T1, B-T2: the algebra in float64
test('the factorised sum is the explicit sum over 25 experts within 1e-12, with a mask too', () => {
  for (const mask of [null, keep]) {
    const explicit = explicitSum('hd', weights, x, pairWeights(g1, g2, shape, mask), shape);
    assert.ok(distance(factorisedSum('hd', weights, x, g1, g2, shape, mask), explicit) < 1e-12);
  }
});

test("negative control: the released code's shortcut for biases is exact where gates sum to 1, and wrong by more than 1e-3 where they do not, or under a mask", () => {
  const explicit = explicitSum('hd', weights, x, pairWeights(g1, g2, shape, null), shape);
  assert.ok(distance(factorisedSum('hd', weights, x, g1, g2, shape, null, true), explicit) < 1e-12);
  const half = drawGates(Random.from(3), shape, 0.5);
  const other = explicitSum('hd', weights, x, pairWeights(half, g2, shape, null), shape);
  assert.ok(distance(factorisedSum('hd', weights, x, half, g2, shape, null), other) < 1e-12);
  assert.ok(distance(factorisedSum('hd', weights, x, half, g2, shape, null, true), other) > 1e-3);
  const masked = explicitSum('hd', weights, x, pairWeights(g1, g2, shape, keep), shape);
  assert.ok(distance(factorisedSum('hd', weights, x, g1, g2, shape, keep, true), masked) > 1e-3);
});

test("the layer is the explicit sum within 1e-5, for gates that sum to 1 or not, with a mask or not", async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const tensors = asTensors(weights, hdShapes(shape)) as unknown as HdWeights;
    const half = drawGates(Random.from(3), shape, 0.5);
    const asGates = (gates: Float64Array): Tensor3D => tf.tensor3d(Float32Array.from(gates), [1, shape.heads, shape.s]);
    for (const first of [g1, half]) {
      for (const mask of [null, keep]) {
        const expected = explicitSum('hd', weights, x, pairWeights(first, g2, shape, mask), shape);
        const got = applyHd(tf.tensor2d(Float32Array.from(x), [1, shape.d]), tensors, factoredPairs({ gates1: asGates(first), gates2: asGates(g2) }, mask === null ? null : tf.tensor2d(mask, [5, 5])));
        assertClose(got.dataSync(), expected, 1e-5);
        const c = tf.tensor3d(Float32Array.from(pairWeights(first, g2, shape, mask)), [1, 5, 5]);
        assertClose(applyHd(tf.tensor2d(Float32Array.from(x), [1, shape.d]), tensors, explicitPairs(c)).dataSync(), expected, 1e-5);
      }
    }
  }));
});

test('sub-expert codes are squared ReLUs', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const code = subExpertCodes(tf.tensor2d([[1, 2]]), tf.tensor3d([[[1, 1]], [[-1, 0]]]), tf.tensor2d([[0.5], [0.5]]) as Tensor2D);
    assert.deepEqual([code.shape, ...code.dataSync()], [[1, 2, 1], 12.25, 0]);
  }));
});
