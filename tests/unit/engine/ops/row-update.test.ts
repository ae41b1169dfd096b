import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { createAdamCell } from '../../../../src/engine/ops/adam.ts';
import { createCell } from '../../../../src/engine/ops/cell.ts';
import { denseGradients, disposeSparseParameters, normaliseRows, removeParallel, rowUpdate, stockRowUpdate } from '../../../../src/engine/ops/row-update.ts';
import type { ExtraGradient, SparseGradient, SparseParameters } from '../../../../src/engine/ops/row-update.ts';
import { denseCodes, encodeAbove } from '../../../../src/engine/ops/sparse-codes.ts';
import { oneGroup, sparseDecode } from '../../../../src/engine/ops/sparse-decode.ts';
import type { LatentGroups } from '../../../../src/engine/ops/sparse-decode.ts';
import { Random } from '../../../../src/engine/random.ts';
import { absent } from '../../../support/backend.ts';
import { eachBackend, useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';

const [rows, n, d] = [37, 70, 21];
const matryoshka: LatentGroups = { ends: [9, 30, n], weights: [1, 0.5, 1] };
const plain = { unitDecoder: true, centresInput: true, otherSquare: 0, clip: null };

function parametersOf(seed: number): SparseParameters {
  return tf.tidy(() => {
    const random = Random.from(seed);
    const matrix = (): Tensor2D => normaliseRows(tf.tensor2d(random.normals(n * d), [n, d]));
    const cells = {
      wEnc: createAdamCell(matrix()), wDec: createAdamCell(matrix()), bEnc: createAdamCell(tf.tensor1d(random.normals(n, 0.1))),
      bDec: createAdamCell(tf.tensor1d(random.normals(d, 0.1))), sinceFired: createCell(tf.fill([n], 5, 'int32')),
    };
    return cells as unknown as tf.TensorContainer;
  }) as unknown as SparseParameters;
}

/** A batch's gradient from the parameters as they are; loss = sum over groups of weight |error|^2 / rows, of latents above 0.8. */
function gradientOf(parameters: SparseParameters, seed: number, groups = oneGroup(n), normPenalty = 0): SparseGradient {
  const x = tf.tensor2d(Random.from(seed).normals(rows * d), [rows, d]);
  const [wEnc, wDec, bEnc, bDec] = ['wEnc', 'wDec', 'bEnc', 'bDec'].map((name) => parameters[name as 'wEnc'].value.read());
  const centred = tf.sub(x, bDec!) as Tensor2D;
  const codes = encodeAbove(centred, wEnc as Tensor2D, bEnc as Tensor1D, tf.fill([n], 0.8));
  const { error, valueGradients } = sparseDecode(codes, wDec as Tensor2D, bDec as Tensor1D, x, { groups, scale: 2 / rows, all: false });
  return { codes, groups, error, valueGradients, encoded: centred, errorScale: 2 / rows, normPenalty };
}

function extraOf(): ExtraGradient {
  const random = Random.from(9);
  return {
    latents: tf.tensor1d([3, 40, 69], 'int32'), wEnc: tf.tensor2d(random.normals(3 * d, 0.1), [3, d]),
    wDec: tf.tensor2d(random.normals(3 * d, 0.1), [3, d]), bEnc: tf.tensor1d(random.normals(3, 0.1)),
  };
}

const adam = { lr: 0.01, step: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

test('the dense gradients are those of autograd', async (t) => {
  await eachBackend(t, () => {
    const parameters = parametersOf(1);
    tf.tidy(() => {
      const gradient = gradientOf(parameters, 2);
      const x = tf.tensor2d(Random.from(2).normals(rows * d), [rows, d]);
      const kept = tf.cast(tf.greater(denseCodes(gradient.codes, n), 0), 'float32');
      const loss = (wEnc: tf.Tensor, wDec: tf.Tensor, bEnc: tf.Tensor, bDec: tf.Tensor): tf.Tensor => {
        const u = tf.add(tf.matMul(tf.sub(x, bDec) as Tensor2D, wEnc as Tensor2D, false, true), bEnc);
        const y = tf.add(tf.matMul(tf.mul(tf.relu(u), kept), wDec as Tensor2D), bDec);
        return tf.div(tf.sum(tf.squaredDifference(x, y)), rows);
      };
      const names = ['wEnc', 'wDec', 'bEnc', 'bDec'] as const;
      const expected = tf.grads(loss)(names.map((name) => parameters[name].value.read()));
      const found = denseGradients(parameters, gradient, null, { unitDecoder: false, centresInput: true });
      names.forEach((name, i) => assertClose(found[name].dataSync(), expected[i]!.dataSync(), 1e-4, name));
    });
    disposeSparseParameters(parameters);
  });
});

for (const clip of [null, 0.05]) {
  for (const [withExtra, centresInput, groups, normPenalty] of [[false, true, oneGroup(n), 0], [true, true, matryoshka, 0], [false, false, oneGroup(n), 0.3]] as const) {
    const title = `three native steps equal three stock steps within 1e-4 (clip ${clip}, further gradient ${withExtra}, centred ${centresInput}, ${groups.ends.length} groups, penalty ${normPenalty})`;
    test(title, { skip: await absent('tensorflow') }, async () => {
      await useBackend('tensorflow');
      const [native, stock] = [parametersOf(3), parametersOf(3)];
      for (let step = 1; step <= 3; step++) {
        tf.tidy(() => {
          const extra = withExtra ? extraOf() : null;
          const options = { ...plain, centresInput, clip, otherSquare: 0.1 };
          const a = rowUpdate(native, gradientOf(native, step, groups, normPenalty), extra, { ...adam, step }, options);
          const b = stockRowUpdate(stock, gradientOf(stock, step, groups, normPenalty), extra, { ...adam, step }, options);
          assertClose([a.square, a.factor], [b.square, b.factor], 1e-3, 'squared norm and factor');
          assert.equal(a.factor < 1, clip !== null);
          for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
            for (const part of ['value', 'm', 'v'] as const) assertClose(native[name][part].read().dataSync(), stock[name][part].read().dataSync(), 1e-4, `${name}.${part}`);
          }
          assert.deepEqual(native.sinceFired.read().dataSync(), stock.sinceFired.read().dataSync());
        });
      }
      disposeSparseParameters(native);
      disposeSparseParameters(stock);
    });
  }
}

test('decoder rows stay at norm 1, the used latents count from 0, others get older', async (t) => {
  await eachBackend(t, () => {
    const parameters = parametersOf(4);
    tf.tidy(() => {
      const gradient = gradientOf(parameters, 5);
      rowUpdate(parameters, gradient, null, adam, plain);
      assertClose(tf.norm(parameters.wDec.value.read(), 2, 1).dataSync(), new Float32Array(n).fill(1), 1e-5, 'norms');
      const used = new Set([...gradient.codes.indices.dataSync()].filter((_, i) => gradient.codes.values.dataSync()[i]! > 0));
      const expected = Array.from({ length: n }, (_, j) => (used.has(j) ? 0 : 5 + rows));
      assert.deepEqual([...parameters.sinceFired.read().dataSync()], expected);
    });
    disposeSparseParameters(parameters);
  });
});

test('a tensor read before the native update keeps its values', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  const parameters = parametersOf(6);
  tf.tidy(() => {
    const before = parameters.wDec.value.read();
    const copy = before.dataSync().slice();
    rowUpdate(parameters, gradientOf(parameters, 7), null, adam, plain);
    assert.deepEqual(before.dataSync(), copy);
    assert.notDeepEqual(parameters.wDec.value.read().dataSync(), copy);
  });
  disposeSparseParameters(parameters);
});

test('the part along a row is removed, and a zero row changes nothing', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // (3, 4) along (0, 2) is (0, 4)
    const out = removeParallel(tf.tensor2d([3, 4, 1, 1], [2, 2]), tf.tensor2d([0, 2, 0, 0], [2, 2]));
    assertClose(out.dataSync(), [3, 0, 1, 1], 1e-6);
    assertClose(normaliseRows(tf.tensor2d([3, 4, 0, 0], [2, 2])).dataSync(), [0.6, 0.8, 0, 0], 1e-6);
  }));
});
