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

/** The two losses in float64 at logits [tokens, heads, s]; the second half's are -0.5 of the first's. */
function float64Losses(logits: Float64Array): { uniformity: number; ambiguity: number } {
  let [uniformity, ambiguity] = [0, 0];
  for (const factor of [1, -0.5]) {
    const means = new Float64Array(heads * s);
    for (let row = 0; row < tokens * heads; row++) {
      const powers = logits.slice(row * s, (row + 1) * s).map((z) => Math.exp(factor * z));
      const total = powers.reduce((sum, power) => sum + power, 0);
      powers.forEach((power, i) => (means[(row % heads) * s + i]! += power / total / tokens));
      ambiguity += (1 - Math.max(...powers) / total) / (2 * tokens * heads);
    }
    for (const mean of means) uniformity -= Math.log(mean + 1e-9) / (2 * heads * s);
  }
  return { uniformity, ambiguity };
}

test('both are their formulas, and their gradients those of differences in float64 within 1e-4', async (t) => {
  const start = Random.from(4).normals(tokens * heads * s);
  const at = (by: number, place: number): Float64Array => Float64Array.from(start, (value, i) => (i === place ? value + by : value));
  await eachBackend(t, () => tf.tidy(() => {
    for (const [name, loss] of [['uniformity', uniformityLoss], ['ambiguity', ambiguityLoss]] as const) {
      const of = (logits: Tensor3D): Scalar => loss({ gates1: tf.softmax(logits, 2), gates2: tf.softmax(tf.mul(logits, -0.5), 2) as Tensor3D });
      const logits = tf.tensor3d(start, [tokens, heads, s]);
      assertClose(of(logits).dataSync(), [float64Losses(Float64Array.from(start))[name]], 1e-6, name);
      const gradient = tf.grad((z) => of(z as Tensor3D))(logits).dataSync<'float32'>();
      const largest = Math.max(...gradient.map(Math.abs));
      assert.ok(largest > 5e-4);
      for (let place = 0; place < start.length; place += 7) {
        const difference = (float64Losses(at(1e-6, place))[name] - float64Losses(at(-1e-6, place))[name]) / 2e-6;
        assert.ok(Math.abs(gradient[place]! - difference) < 1e-4 * largest, `${name}[${place}]: ${gradient[place]} and ${difference}`);
      }
    }
  }));
});
