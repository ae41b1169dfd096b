import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ActivationSparsity } from '../../../../../../src/engine/lm/layers/lazy/sparsity.ts';
import type { SparsityFigures } from '../../../../../../src/engine/lm/layers/lazy/sparsity.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

test('figures of a case worked by hand, over two batches with padding', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const layer = new ActivationSparsity(4);
    layer.add(tf.tensor2d([[1, 0, 0, 0.005], [2, 3, 0, 0]]));
    // the second token is padding
    layer.add(tf.tensor2d([[0, 0, 0, 0], [9, 9, 9, 9]]), Uint8Array.of(1, 0));
    const figures = layer.figures();
    assert.equal(figures.tokens, 3);
    assertClose([figures.share, figures.shareOfLive], [4 / 12, 4 / 9], 1e-9);
    assert.equal(figures.dead, 1);
    assertClose(figures.firingRates, [2 / 3, 1 / 3, 0, 1 / 3], 1e-9);
    assert.deepEqual([...figures.histogram], [1, 0, 2, 0, 0]);
    // 1 % of 3: 0.005 does not count; nothing of the second batch does
    assertClose([figures.nearMaximum], [3 / 12], 1e-9);
  }));
});

/** The figures of a ReLU layer of 1,024 units at the start, biases at `shift` standard deviations of the pre-activations. */
function atStart(shift: number, activation: (x: Tensor2D) => Tensor2D): SparsityFigures {
  const [tokens, d, units] = [400, 64, 1024];
  const random = Random.from(1);
  return tf.tidy(() => {
    const w = tf.tensor2d(random.normals(units * d, 0.02), [units, d]);
    const x = tf.tensor2d(random.normals(tokens * d), [tokens, d]);
    const pre = tf.add(tf.matMul(x, w, false, true), shift * 0.02 * Math.sqrt(d)) as Tensor2D;
    const layer = new ActivationSparsity(units);
    layer.add(activation(pre));
    return layer.figures() as never;
  });
}

// I-T1
test('at the start half of the units fire, within 0.01; with a bias of -1 standard deviation 0.159', async (t) => {
  await eachBackend(t, () => {
    assert.ok(Math.abs(atStart(0, (x) => tf.relu(x)).share - 0.5) < 0.01);
    assert.ok(Math.abs(atStart(-1, (x) => tf.relu(x)).share - 0.159) < 0.01);
  });
});

test('a smooth activation has no exact zeros: its share is 1, and the number near the maximum another', async (t) => {
  await eachBackend(t, () => {
    const figures = atStart(0, (x) => tf.mul(x, tf.sigmoid(x)));
    assert.ok(figures.share > 0.999);
    assert.ok(figures.nearMaximum > 0.5 && figures.nearMaximum < 0.999, String(figures.nearMaximum));
  });
});

test('another number of units, and figures of nothing, are refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const layer = new ActivationSparsity(3);
    assert.throws(() => layer.figures(), { kind: 'bad-request' });
    assert.throws(() => layer.add(tf.zeros([2, 4])), { kind: 'mismatch', message: /4 units, the layer has 3/ });
  }));
});

test('a threshold of its own decides what fires, and units that always do are counted', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const layer = new ActivationSparsity(3, 0.5);
    layer.add(tf.tensor2d([[-2, 0.5, 0.1], [0.6, 3, 0]]));
    const { share, always, dead, firingRates } = layer.figures();
    assertClose([share], [3 / 6], 1e-9);
    assert.deepEqual([always, dead, ...firingRates], [1, 1, 1, 0.5, 0]);
  }));
});
