import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { registry } from '../../../../src/engine/sae/registry.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { eachBackend } from '../../../support/backends.ts';
import { batchOf, initContext, trainerSettings } from '../../../support/variants.ts';

/** One place in the schedule, so that penalties that warm up are the same at every step. */
const at = 50;
const [rows, dSae] = [30, 24];

/** A batch of the kind that a variant takes. */
function batchFor(data: string, dIn: number): ReturnType<typeof batchOf> {
  const normals = (stream: string): Tensor2D => tf.tensor2d(Random.from(3, stream).normals(rows * dIn), [rows, dIn]);
  const x = normals('x');
  const later = tf.tensor2d(Random.from(3, 'w').normals(dIn * 5), [dIn, 5]);
  return batchOf(x, {
    ...(data === 'pairs' ? { y: normals('y') } : {}),
    ...(data === 'gradients' ? { gradient: normals('gradient') } : {}),
    ...(data === 'model' ? { readout: { run: (at: Tensor2D) => ({ logits: tf.matMul(at, later) as Tensor2D, later: [tf.tanh(tf.matMul(at, later)) as Tensor2D] }) } } : {}),
  });
}

for (const variant of registry.filter(({ trainer }) => trainer === undefined)) {
  test(`${variant.id}: the loss falls on a batch, no tensor is left, a state can be taken back`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      const sizes = { dIn: 8, dSae, sources: variant.data === 'sources' ? 2 : 1 };
      const config = variant.config.parse('k' in variant.config.shape ? { k: 3 } : {}) as Record<string, unknown>;
      const context = initContext(sizes);
      const weights = tf.tidy(() => variant.init(config, context) as tf.NamedTensorMap);
      const buffers = tf.tidy(() => (variant.buffers?.(config, context) ?? {}) as tf.NamedTensorMap);
      const trainer = new DenseTrainer(variant, config, weights, buffers, trainerSettings(sizes));
      tf.dispose([weights, buffers]);
      const batch = batchFor(variant.data, sizes.dIn);
      const first = trainer.step(batch, 0.01, at);
      const state = trainer.state();
      const tensors = tf.memory().numTensors;
      const steps = Array.from({ length: 20 }, () => trainer.step(batch, 0.01, at));
      assert.equal(tf.memory().numTensors, tensors);
      assert.ok(steps.at(-1)!.loss < first.loss, `${first.loss} -> ${steps.at(-1)!.loss}`);
      trainer.restore(state);
      assert.equal(trainer.step(batch, 0.01, at).loss, steps[0]!.loss);
      const [name] = Object.keys(state);
      assert.throws(() => trainer.restore({ ...state, [name!]: tf.zeros([2, 2, 2]) }), { kind: 'mismatch' });
      trainer.dispose();
    }));
  });
}

test('what afterStep gives is the next state, moments included, and an unknown name is a defect', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const sizes = { dIn: 8, dSae };
    const topk = registry.find(({ id }) => id === 'topk')!;
    const config = topk.config.parse({ k: 3 }) as Record<string, unknown>;
    const weights = topk.init(config, initContext(sizes));
    const changing = (afterStep: () => Record<string, tf.Tensor>): DenseTrainer => new DenseTrainer({ ...topk, afterStep }, config, weights, { count: tf.scalar(1) }, trainerSettings(sizes));
    const trainer = changing(() => ({ count: tf.scalar(7), 'wEnc.m': tf.zeros([dSae, 8]) }));
    const batch = batchFor('activations', 8);
    trainer.step(batch, 0.01, 0);
    const state = trainer.state();
    assert.equal(state['count']!.dataSync()[0], 7);
    assert.ok(state['wEnc.m']!.dataSync().every((value) => value === 0) && state['wDec.m']!.dataSync().some((value) => value !== 0));
    assert.equal(trainer.weights()['count']!.dataSync()[0], 7);
    const other = changing(() => ({ other: tf.scalar(1) }));
    assert.throws(() => other.step(batch, 0.01, 0), { kind: 'defect', message: /other/ });
    trainer.dispose();
    other.dispose();
  }));
});
