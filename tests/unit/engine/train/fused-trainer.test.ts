import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import { tiedUnitInit } from '../../../../src/engine/sae/parts.ts';
import { topk } from '../../../../src/engine/sae/variants/topk.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { FusedTrainer } from '../../../../src/engine/train/fused-trainer.ts';
import type { Trainer, TrainerSettings } from '../../../../src/engine/train/trainer.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { batchOf, initContext, trainerSettings } from '../../../support/variants.ts';

const [dIn, dSae, rows] = [12, 60, 50];
const config = { k: 3, auxK: 6, auxCoefficient: 0.5 };
const settings = trainerSettings({ dIn, dSae }, { deadWindow: 100, variance: 11 });

function pair(changes: Partial<TrainerSettings> = {}): [Trainer, Trainer] {
  const weights = tf.tidy(() => tiedUnitInit(initContext({ dIn, dSae }, { random: Random.from(1), centre: new Float32Array(dIn).fill(0.1) })) as tf.NamedTensorMap);
  const own = { ...settings, ...changes };
  const trainers: [Trainer, Trainer] = [
    new FusedTrainer(weights, topk.fused!(config), true, own), new DenseTrainer(topk, config, weights, {}, own),
  ];
  tf.dispose(weights);
  return trainers;
}

/** Batches of low rank, so that latents die. */
function batch(step: number): Tensor2D {
  return tf.tidy(() => {
    const random = Random.from(step, 'batch');
    const basis = tf.tensor2d(Random.from(7).normals(4 * dIn), [4, dIn]);
    return tf.matMul(tf.tensor2d(random.normals(rows * 4, 0.5), [rows, 4]), basis) as Tensor2D;
  });
}

for (const clip of [null, 0.02]) {
  test(`eight fused steps equal eight steps of autograd within 1e-3, dead latents included (clip ${clip})`, async (t) => {
    await eachBackend(t, () => {
      const [fused, dense] = pair({ clip });
      let died = false;
      for (let step = 0; step < 8; step++) {
        const x = batch(step);
        const [a, b] = [fused.step(batchOf(x), 0.01, step), dense.step(batchOf(x), 0.01, step)];
        x.dispose();
        died ||= a.auxLoss > 0;
        for (const name of ['loss', 'auxLoss', 'fvu', 'l0', 'gradientNorm'] as const) assertClose([a[name]], [b[name]], 1e-3, `${name} at step ${step}`);
        assert.equal(fused.deadCount(), dense.deadCount());
      }
      assert.ok(died, 'no latent died: the auxiliary loss was not tested');
      const [mine, theirs] = [fused.state(), dense.state()];
      for (const [name, tensor] of Object.entries(mine)) assertClose(tensor.dataSync(), theirs[name]!.dataSync(), 1e-3, name);
      tf.dispose([mine, theirs]);
      fused.dispose();
      dense.dispose();
    });
  });
}

test('ten steps leave as many tensors as there were, in both trainers', async (t) => {
  await eachBackend(t, () => {
    const trainers = pair();
    for (const trainer of trainers) {
      const before = tf.memory().numTensors;
      for (let step = 0; step < 10; step++) {
        const x = batch(step);
        trainer.step(batchOf(x), 0.01, step);
        x.dispose();
      }
      assert.equal(tf.memory().numTensors, before);
      trainer.dispose();
    }
  });
});

test('a batch that is not finite changes nothing', async (t) => {
  await eachBackend(t, () => {
    const [trainer, other] = pair();
    other.dispose();
    const before = trainer.state();
    const x = tf.fill([rows, dIn], Number.NaN) as Tensor2D;
    assert.throws(() => trainer.step(batchOf(x), 0.01, 0), { kind: 'not-finite' });
    const after = trainer.state();
    for (const [name, tensor] of Object.entries(before)) assert.deepEqual(after[name]!.dataSync(), tensor.dataSync(), name);
    tf.dispose([before, after, x]);
    trainer.dispose();
  });
});
