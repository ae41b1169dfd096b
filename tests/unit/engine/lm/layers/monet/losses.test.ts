import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor3D } from '@tensorflow/tfjs-core';
import { ambiguityLoss, uniformityLoss } from '../../../../../../src/engine/lm/layers/monet/losses.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

const [tokens, heads, s] = [16, 2, 8];

/** Gates whose row t, h is a one at t mod s. */
function oneHot(): Tensor3D {
  return tf.cast(tf.reshape(tf.oneHot(tf.tensor1d(Array.from({ length: tokens * heads }, (_, i) => Math.floor(i / heads) % s), 'int32'), s), [tokens, heads, s]), 'float32');
}

// B-T5
test('uniform use gives log s, decided heads give 0', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const uniform = tf.fill([tokens, heads, s], 1 / s) as Tensor3D;
    assertClose(uniformityLoss({ gates1: uniform, gates2: uniform }).dataSync(), [Math.log(s)], 1e-6);
    assertClose(ambiguityLoss({ gates1: uniform, gates2: uniform }).dataSync(), [1 - 1 / s], 1e-6);
    // each sub-expert in its turn: used alike, and decided
    const turns = oneHot();
    assertClose(uniformityLoss({ gates1: turns, gates2: turns }).dataSync(), [Math.log(s)], 1e-6);
    assert.equal(ambiguityLoss({ gates1: turns, gates2: turns }).dataSync()[0], 0);
    // the halves count alike
    assertClose(ambiguityLoss({ gates1: turns, gates2: uniform }).dataSync(), [(1 - 1 / s) / 2], 1e-6);
  }));
});

test('a sub-expert that nobody uses costs 20.7 nats of its share, not infinity', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const never = tf.mul(tf.fill([tokens, heads, s], 1 / (s - 1)), tf.tensor1d([0, 1, 1, 1, 1, 1, 1, 1])) as Tensor3D;
    const expected = -(Math.log(1e-9) + 7 * Math.log(1 / 7)) / 8;
    assertClose(uniformityLoss({ gates1: never, gates2: never }).dataSync(), [expected], 1e-5);
  }));
});

test('both gradients are those of differences', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const start = Random.from(4).normals(tokens * heads * s);
    for (const loss of [uniformityLoss, ambiguityLoss]) {
      const of = (logits: Tensor3D): Scalar => loss({ gates1: tf.softmax(logits, 2), gates2: tf.softmax(tf.mul(logits, -0.5), 2) as Tensor3D });
      const gradient = tf.grad((logits) => of(logits as Tensor3D))(tf.tensor3d(start, [tokens, heads, s])).dataSync();
      for (const at of [0, 37, 130, 255]) {
        const moved = (by: number): number => of(tf.tensor3d(start.map((value, i) => (i === at ? value + by : value)), [tokens, heads, s])).dataSync()[0]!;
        const difference = (moved(0.005) - moved(-0.005)) / 0.01;
        assert.ok(Math.abs(gradient[at]! - difference) < 2e-5 + 1e-2 * Math.abs(difference), `${loss.name}[${at}]: ${gradient[at]} and ${difference}`);
      }
      assert.ok(Math.max(...Array.from(gradient, Math.abs)) > 5e-4);
    }
  }));
});
