import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { Linear } from '../../../../src/engine/lm/definition.ts';
import { applyLinear, canFuseLinear, fusedLinear, splitColumns } from '../../../../src/engine/lm/linear.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { assertClose } from '../../../support/closeness.ts';

before(() => loadBackend());

for (const differentiable of [false, true]) {
  test(`both layouts give the same map, and the bias is added; ${differentiable ? 'with' : 'without'} gradients`, () => {
    const x = tf.tensor2d([[1, 2]]);
    // outputs: 1*1 + 2*2 = 5, 1*3 + 2*4 = 11, 1*5 + 2*6 = 17
    const weight = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
    assert.deepEqual([...applyLinear(x, { weight, layout: 'out-in', bias: null }, { differentiable }).dataSync()], [5, 11, 17]);
    const bias = tf.tensor1d([1, 0, -1]);
    assert.deepEqual([...applyLinear(x, { weight: tf.transpose(weight), layout: 'in-out', bias }, { differentiable }).dataSync()], [6, 11, 16]);
  });
}

test('columns are cut by their widths', () => {
  const parts = splitColumns(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), [2, 1]);
  assert.deepEqual(parts.map((part) => [...part.dataSync()]), [[1, 2, 4, 5], [3, 6]]);
});

const skip = await absent('tensorflow');

// One row and one column; no multiple of any tile's; more rows than one part of a sum, deeper than a panel.
for (const [rows, inputs, outputs] of [[1, 1, 1], [97, 131, 35], [2300, 40, 270]] as const) {
  test(`the kernel of ${rows} rows, ${inputs} to ${outputs}, and its three gradients are those of stock ops, in both layouts`, { skip }, () => tf.tidy(() => {
    assert.ok(canFuseLinear());
    const random = Random.from(5);
    const normals = (shape: number[]): Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1)), shape);
    const slopes = normals([rows, outputs]);
    for (const layout of ['in-out', 'out-in'] as const) {
      for (const bias of [normals([outputs]), null]) {
        const tensors = [normals([rows, inputs]), normals(layout === 'in-out' ? [inputs, outputs] : [outputs, inputs]), ...(bias === null ? [] : [bias])];
        const linear = (own: Tensor[]): Linear => ({ weight: own[1] as Tensor2D, layout, bias: (own[2] as Tensor1D | undefined) ?? null });
        const native = (...own: Tensor[]): Tensor => fusedLinear(own[0] as Tensor2D, linear(own));
        const stock = (...own: Tensor[]): Tensor => applyLinear(own[0]!, linear(own), { differentiable: true });
        assertClose(native(...tensors).dataSync(), stock(...tensors).dataSync(), 1e-4, 'y');
        const gradients = (form: typeof native): Tensor[] => tf.grads((...own: Tensor[]) => tf.sum(tf.mul(form(...own), slopes)))(tensors);
        const [fast, slow] = [gradients(native), gradients(stock)];
        ['dx', 'dw', 'db'].slice(0, tensors.length).forEach((name, i) => assertClose(fast[i]!.dataSync(), slow[i]!.dataSync(), 1e-3, name));
      }
    }
  }));
}
