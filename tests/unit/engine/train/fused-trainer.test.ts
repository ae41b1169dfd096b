import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/engine/random.ts';
import type { AnyVariant } from '../../../../src/engine/sae/definition.ts';
import { batchTopK } from '../../../../src/engine/sae/variants/batch-topk.ts';
import { jumprelu } from '../../../../src/engine/sae/variants/jumprelu.ts';
import { matryoshka } from '../../../../src/engine/sae/variants/matryoshka.ts';
import { reluApril } from '../../../../src/engine/sae/variants/relu-april.ts';
import { relu } from '../../../../src/engine/sae/variants/relu.ts';
import { topk } from '../../../../src/engine/sae/variants/topk.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { FusedTrainer } from '../../../../src/engine/train/fused-trainer.ts';
import type { Trainer, TrainerSettings } from '../../../../src/engine/train/trainer.ts';
import { eachBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { batchOf, initContext, trainerSettings } from '../../../support/variants.ts';

const [dIn, dSae, rows] = [12, 60, 50];
const settings = trainerSettings({ dIn, dSae }, { deadWindow: 100, variance: 11, steps: 16 });
const auxiliary = { auxK: 6, auxCoefficient: 0.5 };

interface Case {
  readonly variant: AnyVariant;
  readonly config: Record<string, unknown>;
  /** Latents die, and the step takes that into account. */
  readonly dead: boolean;
  /** Added to the biases, so that few latents are active; the dense path is taken otherwise. */
  readonly bias: number;
}

// rows have norm 1 and x about 2.6: with biases of -1.5 a few of the 60 latents are active
const cases: Readonly<Record<string, Case>> = {
  topk: { variant: topk, config: { k: 3, ...auxiliary }, dead: true, bias: 0 },
  'batch-topk': { variant: batchTopK, config: { k: 3, ...auxiliary }, dead: true, bias: 0 },
  matryoshka: { variant: matryoshka, config: { k: 3, groups: [0.1, 0.3, 0.6], ...auxiliary }, dead: true, bias: 0 },
  'sparse relu': { variant: relu, config: { l1Coefficient: 0.5, resamples: 2 }, dead: true, bias: -1.5 },
  'dense relu': { variant: relu, config: { l1Coefficient: 0.5, resamples: 2 }, dead: false, bias: 0.5 },
  'sparse relu-april': { variant: reluApril, config: { l1Coefficient: 0.5, decoderNorm: 0.7 }, dead: false, bias: -1 },
  'dense relu-april': { variant: reluApril, config: { l1Coefficient: 0.5, decoderNorm: 0.7 }, dead: false, bias: 0.5 },
  'sparse jumprelu': { variant: jumprelu, config: { threshold: 1.5, bandwidth: 0.6, targetL0: 2 }, dead: false, bias: 0 },
  'dense jumprelu': { variant: jumprelu, config: { threshold: 0.2, bandwidth: 0.6, targetL0: 2 }, dead: false, bias: 0.5 },
  'jumprelu with an L0 penalty': { variant: jumprelu, config: { threshold: 1.5, bandwidth: 0.6, targetL0: null, sparsityCoefficient: 0.1 }, dead: false, bias: 0 },
};

function pair({ variant, config, bias }: Case, changes: Partial<TrainerSettings> = {}): [Trainer, Trainer] {
  const own = variant.config.parse(config) as Record<string, unknown>;
  const context = initContext({ dIn, dSae }, { random: Random.from(1), centre: new Float32Array(dIn).fill(0.1) });
  const weights = tf.tidy(() => {
    const start = variant.init(own, context);
    return { ...start, bEnc: tf.add(start['bEnc']!, bias) } as tf.NamedTensorMap;
  });
  const buffers = tf.tidy(() => (variant.buffers?.(own, context) ?? {}) as tf.NamedTensorMap);
  const all = { ...settings, ...changes };
  const form = variant.fused!(own, all.sizes)!;
  const trainers: [Trainer, Trainer] = [new FusedTrainer(weights, buffers, form, variant, all), new DenseTrainer(variant, own, weights, buffers, all)];
  tf.dispose([weights, buffers]);
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

/** Steps both ways on the same batches; returns whether latents were dead. */
function compareSteps(fused: Trainer, dense: Trainer, steps: number): boolean {
  let died = false;
  for (let step = 0; step < steps; step++) {
    const x = batch(step);
    const [a, b] = [fused.step(batchOf(x), 0.01, step), dense.step(batchOf(x), 0.01, step)];
    x.dispose();
    for (const name of ['loss', 'auxLoss', 'fvu', 'l0', 'gradientNorm'] as const) assertClose([a[name]], [b[name]], 1e-3, `${name} at step ${step}`);
    assertClose(Object.values(a.extra ?? {}), Object.values(b.extra ?? {}), 1e-3, `figures at step ${step}`);
    assert.deepEqual(Object.keys(a.extra ?? {}), Object.keys(b.extra ?? {}));
    assert.equal(fused.deadCount(), dense.deadCount());
    died ||= fused.deadCount() > 0;
  }
  const [mine, theirs] = [fused.state(), dense.state()];
  assert.deepEqual(Object.keys(mine).sort(), Object.keys(theirs).sort());
  for (const [name, tensor] of Object.entries(mine)) assertClose(tensor.dataSync(), theirs[name]!.dataSync(), 1e-3, name);
  tf.dispose([mine, theirs]);
  return died;
}

for (const [name, own] of Object.entries(cases)) {
  for (const clip of [null, 0.02]) {
    test(`${name}: eight fused steps equal eight steps of autograd within 1e-3 (clip ${clip})`, async (t) => {
      await eachBackend(t, () => {
        const [fused, dense] = pair(own, { clip });
        const died = compareSteps(fused, dense, 8);
        assert.equal(died || !own.dead, true, 'no latent died: what is done about them was not tested');
        fused.dispose();
        dense.dispose();
      });
    });
  }

  test(`${name}: steps leave as many tensors as there were, in both trainers`, async (t) => {
    await eachBackend(t, () => {
      const trainers = pair(own);
      for (const trainer of trainers) {
        const before = tf.memory().numTensors;
        for (let step = 0; step < 5; step++) {
          const x = batch(step);
          trainer.step(batchOf(x), 0.01, step);
          x.dispose();
        }
        assert.equal(tf.memory().numTensors, before);
        trainer.dispose();
      }
    });
  });

  test(`${name}: a batch that is not finite changes nothing`, async (t) => {
    await eachBackend(t, () => {
      const [trainer, other] = pair(own);
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

  test(`${name}: a trainer put back to a state goes on with the same bits`, async (t) => {
    await eachBackend(t, () => {
      const [trainer, other] = pair(own);
      other.dispose();
      const states = [];
      const x = batch(0);
      const y = batch(1);
      trainer.step(batchOf(x), 0.01, 0);
      const saved = trainer.state();
      for (let i = 0; i < 2; i++) {
        trainer.restore(saved);
        trainer.step(batchOf(y), 0.01, 1);
        states.push(trainer.state());
      }
      for (const [name, tensor] of Object.entries(states[0]!)) assert.deepEqual(states[1]![name]!.dataSync(), tensor.dataSync(), name);
      tf.dispose([saved, states, x, y]);
      trainer.dispose();
    });
  });
}

test('what the fused step does not compute is left to autograd', () => {
  for (const config of [{ penalty: 'tanh' }, { preActCoefficient: 1e-6 }]) assert.equal(jumprelu.fused!(jumprelu.config.parse(config) as never, settings.sizes), null);
});
