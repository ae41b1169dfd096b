import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { relu } from '../../../../src/engine/sae/variants/relu.ts';
import { denseForward, isDense } from '../../../../src/engine/train/fused-dense.ts';
import type { KindOf } from '../../../../src/engine/train/fused-penalty.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf } from '../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 20 };
const config = relu.config.parse({ l1Coefficient: 0.4 });
const context = lossContext(sizes, { step: 9 });

test('loss and gradients are those of the variant by autograd', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = relu.init(config, initContext(sizes)) as Record<'wEnc' | 'wDec' | 'bEnc' | 'bDec', Tensor>;
    const x = tf.tensor2d(Random.from(5).normals(30 * 6), [30, 6]) as Tensor2D;
    const names = ['wEnc', 'bEnc', 'bDec'] as const;
    const loss = (...tensors: Tensor[]): Tensor => relu.loss({ ...weights, ...Object.fromEntries(names.map((name, i) => [name, tensors[i]!])) }, batchOf(x), config, context).loss;
    const { value, grads } = tf.valueAndGrads(loss as never)(names.map((name) => weights[name]));
    const form = relu.fused!(config, sizesOf(sizes)) as KindOf<'relu'>;
    const read = { ...weights, threshold: null } as unknown as Parameters<typeof denseForward>[1];
    const encoded = tf.sub(x, weights.bDec) as Tensor2D;
    const found = denseForward(form, read, x, encoded, context, { unitDecoder: false, centresInput: true });
    assertClose([found.figures.loss], value.dataSync(), 1e-4);
    names.forEach((name, i) => assertClose(found.gradients[name].dataSync(), grads[i]!.dataSync(), 1e-4, name));
  }));
});

test('many active latents are dense, few are not', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = relu.init(config, initContext(sizes));
    const x = tf.tensor2d(Random.from(5).normals(30 * 6), [30, 6]) as Tensor2D;
    const read = { ...weights, threshold: null } as unknown as Parameters<typeof isDense>[1];
    assert.equal(isDense(x, read, tf.fill([20], 0) as Tensor1D), true);
    assert.equal(isDense(x, read, tf.fill([20], 100) as Tensor1D), false);
  }));
});
