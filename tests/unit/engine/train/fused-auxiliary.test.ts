import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { createAdamCell, disposeAdamCell } from '../../../../src/engine/ops/adam.ts';
import { createCell } from '../../../../src/engine/ops/cell.ts';
import type { SparseParameters } from '../../../../src/engine/ops/row-update.ts';
import { Random } from '../../../../src/engine/random.ts';
import { auxiliaryLoss } from '../../../../src/engine/sae/parts.ts';
import { auxiliary } from '../../../../src/engine/train/fused-auxiliary.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const [dIn, dSae, rows] = [5, 12, 20];
const dead = Int32Array.of(2, 3, 7, 11);

test('loss and gradients of the dead rows are those of autograd over all rows', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const random = Random.from(1);
    const normals = (...shape: number[]): Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1)), shape);
    const start = { wEnc: normals(dSae, dIn), wDec: normals(dSae, dIn), bEnc: normals(dSae), bDec: normals(dIn) };
    const cells = Object.fromEntries(Object.entries(start).map(([name, tensor]) => [name, createAdamCell(tensor)]));
    const parameters = { ...cells, sinceFired: createCell(tf.zeros([dSae], 'int32')) } as unknown as SparseParameters;
    const [error, centred] = [normals(rows, dIn) as Tensor2D, normals(rows, dIn) as Tensor2D];
    const found = auxiliary(parameters, dead, error, centred, 2, 0.5)!;
    const mask = tf.tensor1d(Float32Array.from({ length: dSae }, (_, j) => Number(dead.includes(j))));
    const loss = (wEnc: Tensor, wDec: Tensor, bEnc: Tensor) => auxiliaryLoss(wDec as Tensor2D, tf.add(tf.matMul(centred, wEnc as Tensor2D, false, true), bEnc), tf.neg(error) as Tensor2D, 2, mask);
    const { value, grads } = tf.valueAndGrads(loss as never)([start.wEnc, start.wDec, start.bEnc]);
    assertClose([found.loss], value.dataSync(), 1e-4);
    const names = ['wEnc', 'wDec', 'bEnc'] as const;
    names.forEach((name, i) => assertClose(found.gradient[name].dataSync(), tf.mul(tf.gather(grads[i]!, tf.tensor1d(dead, 'int32')), 0.5).dataSync(), 1e-4, name));
    Object.values(cells).forEach(disposeAdamCell);
    parameters.sinceFired.dispose();
  }));
});

test('where nothing is left over there is nothing to learn', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const zeros = tf.zeros([rows, dIn]) as Tensor2D;
    assert.equal(auxiliary({} as SparseParameters, dead, zeros, zeros, 2, 0.5), null);
  }));
});
