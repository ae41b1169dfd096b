import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { applyExperts, wideCode, wideL0, wideOutput } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import type { ExpertWeights } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import { chooseExperts, softmaxAmong } from '../../../../../../src/engine/lm/layers/moe/gates.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';

const [experts, width, dModel, tokens] = [8, 32, 16, 200];

function setting(): { weights: ExpertWeights; x: Tensor2D; scores: Tensor2D } {
  const random = Random.from(3);
  const size = experts * width * dModel;
  return {
    weights: {
      wEnc: tf.tensor3d(random.normals(size, 0.25), [experts, width, dModel]),
      bEnc: tf.tensor2d(random.normals(experts * width, 0.1), [experts, width]),
      wDec: tf.tensor3d(random.normals(size, 0.25), [experts, width, dModel]),
      bDec: tf.tensor1d(random.normals(dModel)),
    },
    x: tf.tensor2d(random.normals(tokens * dModel), [tokens, dModel]),
    scores: tf.tensor2d(random.normals(tokens * experts), [tokens, experts]),
  };
}

const largest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

// A-T1
test('experts on their own tokens equal the masked wide MLP within 1e-5, and a mask that is wrong by one unit does not', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { weights, x, scores } = setting();
    const choice = chooseExperts(scores, 2);
    const gates = softmaxAmong(scores, choice);
    const { y: routed, l0 } = applyExperts(x, weights, gates, choice, 'relu');
    const code = wideCode(x, weights, gates, 'relu');
    assert.deepEqual(code.shape, [tokens, experts * width]);
    assert.ok(largest(routed, wideOutput(code, weights)) < 1e-5);
    assertClose(l0.dataSync(), wideL0(code, choice, experts).dataSync(), 1e-5);
    assert.ok(l0.dataSync().every((n) => n > 8 && n < 24));
    // the strongest unit of the whole batch is lost
    const values = code.dataSync<'float32'>().slice();
    values[values.indexOf(Math.max(...values))] = 0;
    assert.ok(largest(routed, wideOutput(tf.tensor2d(values, code.shape), weights)) > 1e-3);
  }));
});

test('unit (e, j) stands at e * width + j, and is 0 where the expert is not chosen', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights: ExpertWeights = { wEnc: tf.tensor3d([[[1], [-1]], [[2], [3]]]), bEnc: null, wDec: tf.tensor3d([[[1], [1]], [[1], [10]]]), bDec: null };
    const gates = tf.tensor2d([[0, 1], [0.25, 0.75]]);
    const code = wideCode(tf.tensor2d([[1], [-4]]), weights, gates, 'relu');
    assert.deepEqual([...code.dataSync()], [0, 0, 2, 3, 0, 1, 0, 0]);
    assert.deepEqual([...wideOutput(code, weights).dataSync()], [32, 1]);
  }));
});

test('gradients of the two forms agree within 1e-4, for weights, gates and input', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { weights, x, scores } = setting();
    const choice = chooseExperts(scores, 2);
    const target = tf.tensor2d(Random.from(4).normals(tokens * dModel), [tokens, dModel]);
    const inputs = [x, scores, weights.wEnc, weights.bEnc!, weights.wDec, weights.bDec!];
    const gradients = (forward: (x: Tensor2D, w: ExpertWeights, gates: Tensor2D) => Tensor): Tensor[] => tf.grads((...[rows, s, wEnc, bEnc, wDec, bDec]: Tensor[]) => {
      const own: ExpertWeights = { wEnc: wEnc as Tensor3D, bEnc: bEnc as Tensor2D, wDec: wDec as Tensor3D, bDec: bDec as Tensor1D };
      return tf.mean(tf.square(tf.sub(forward(rows as Tensor2D, own, softmaxAmong(s as Tensor2D, choice)), target)));
    })(inputs);
    const routed = gradients((rows, w, gates) => applyExperts(rows, w, gates, choice, 'relu').y);
    const wide = gradients((rows, w, gates) => wideOutput(wideCode(rows, w, gates, 'relu'), w));
    routed.forEach((gradient, i) => {
      const scale = tf.max(tf.abs(wide[i]!)).dataSync()[0]!;
      assert.ok(scale > 0 && largest(gradient, wide[i]!) < 1e-4 * scale, `input ${i}: ${largest(gradient, wide[i]!)} of ${scale}`);
    });
  }));
});

test('experts that get no token, and one that gets all, are no special case', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { weights, x } = setting();
    const scores = tf.add(tf.zeros([tokens, experts]), tf.oneHot(tf.scalar(5, 'int32'), experts)) as Tensor2D;
    const choice = chooseExperts(scores, 1);
    const gates = softmaxAmong(scores, choice);
    const { y: routed, l0 } = applyExperts(x, weights, gates, choice, 'gelu');
    assertClose(routed.dataSync(), wideOutput(wideCode(x, weights, gates, 'gelu'), weights).dataSync(), 1e-5);
    assert.deepEqual([...l0.dataSync()].map(Number.isNaN), [true, true, true, true, true, false, true, true]);
    const gradient = tf.grad((wEnc) => tf.sum(tf.square(applyExperts(x, { ...weights, wEnc: wEnc as Tensor3D }, gates, choice, 'relu').y)))(weights.wEnc);
    const sizes = tf.sum(tf.abs(gradient), [1, 2]).dataSync();
    assert.deepEqual([...sizes].map((size) => size > 0), [false, false, false, false, false, true, false, false]);
  }));
});
