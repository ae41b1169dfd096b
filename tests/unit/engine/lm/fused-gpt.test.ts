import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { stockGelu } from '../../../../src/engine/lm/activations.ts';
import { canFuseGelu, canFuseLayerNorm, fusedGelu, fusedLayerNorm } from '../../../../src/engine/lm/fused-gpt.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { assertClose } from '../../../support/closeness.ts';

const skip = await absent('tensorflow');
before(async () => {
  if (skip === false) await loadBackend('tensorflow');
});
const random = Random.from(12);
const normals = (shape: number[], scale = 1): Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1), scale), shape);

test('the kernels are built', { skip }, () => assert.ok(canFuseLayerNorm() && canFuseGelu()));

/** The mean of x is 3 and not 0, so that a norm that forgot it would show. */
function stockLayerNorm(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, 1, true));
  return tf.add(tf.mul(tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5))), weight), bias);
}

for (const d of [1, 3, 16, 37, 256]) {
  test(`LayerNorm of width ${d} and its three gradients are those of stock ops, over more rows than one block`, { skip }, () => tf.tidy(() => {
    const inputs = [tf.add(normals([150, d], 2), 3), normals([d]), normals([d])];
    const slopes = normals([150, d]);
    const native = (...[x, w, b]: Tensor[]): Tensor => fusedLayerNorm(x as Tensor2D, w as Tensor1D, b as Tensor1D, 1e-5);
    const stock = (...[x, w, b]: Tensor[]): Tensor => stockLayerNorm(x!, w!, b!);
    assertClose(native(...inputs).dataSync(), stock(...inputs).dataSync(), 2e-5);
    const gradients = (form: typeof native): Tensor[] => tf.grads((...own: Tensor[]) => tf.sum(tf.mul(form(...own), slopes)))(inputs);
    const [fast, slow] = [gradients(native), gradients(stock)];
    ['dx', 'dweight', 'dbias'].forEach((name, i) => assertClose(fast[i]!.dataSync(), slow[i]!.dataSync(), 1e-4, name));
  }));
}

test('GELU and its slope are those of stock ops, far out too, for any shape', { skip }, () => tf.tidy(() => {
  const x = tf.concat([normals([7, 5, 3], 3), tf.tensor3d([-100, -13, -6, -1e-3, 0, 1e-3, 6, 13, 100, 1, -1, 0.5, -0.5, 2, -2], [1, 5, 3])]);
  const slopes = normals(x.shape);
  assertClose(fusedGelu(x).dataSync(), stockGelu(x).dataSync(), 1e-6);
  const slope = (form: (x: Tensor) => Tensor): Float32Array => tf.grad((own: Tensor) => tf.sum(tf.mul(form(own), slopes)))(x).dataSync<'float32'>();
  assertClose(slope(fusedGelu), slope(stockGelu), 2e-6);
  assert.ok(Number.isNaN(fusedGelu(tf.scalar(Number.NaN)).dataSync()[0]!));
}));
