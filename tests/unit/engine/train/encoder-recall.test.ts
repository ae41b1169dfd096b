import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { encodeTier } from '../../../../src/engine/ops/low-precision.ts';
import type { Precision } from '../../../../src/engine/ops/low-precision.ts';
import { Random } from '../../../../src/engine/random.ts';
import { jumprelu } from '../../../../src/engine/sae/variants/jumprelu.ts';
import { topk } from '../../../../src/engine/sae/variants/topk.ts';
import { DenseTrainer } from '../../../../src/engine/train/dense-trainer.ts';
import { atPrecision, encoderRecall } from '../../../../src/engine/train/encoder-recall.ts';
import { FusedTrainer } from '../../../../src/engine/train/fused-trainer.ts';
import { absent } from '../../../support/backend.ts';
import { useBackend } from '../../../support/backends.ts';
import { assertClose } from '../../../support/closeness.ts';
import { batchOf, initContext, trainerSettings } from '../../../support/variants.ts';

const noRuntime = await absent('tensorflow');
if (noRuntime === false) await useBackend('tensorflow');
const skip = noRuntime !== false ? noRuntime : encodeTier('int8') === 'none' ? 'this processor has no low-precision product' : false;

// enough rows that the packed product is taken
const [dIn, dSae, rows] = [24, 300, 192];
const settings = trainerSettings({ dIn, dSae }, { deadWindow: 400, variance: 20, steps: 8 });
const config = topk.config.parse({ k: 6, auxK: 16, auxCoefficient: 0.1 });
const form = topk.fused!(config, settings.sizes)!;

const batch = (step: number): Tensor2D => tf.tensor2d(Random.from(step, 'batches').normals(rows * dIn), [rows, dIn]);
const start = (): tf.NamedTensorMap => tf.tidy(() => topk.init(config, initContext({ dIn, dSae }, { random: Random.from(1) })) as tf.NamedTensorMap);

test('eight steps with latents chosen by a packed product, dead ones included, equal eight steps of autograd', { skip }, () => {
  for (const precision of ['f32', 'bf16', 'int8'] as const satisfies readonly Precision[]) {
    const weights = start();
    const fused = new FusedTrainer(weights, {}, atPrecision(form, precision, true)!, topk, settings);
    const dense = new DenseTrainer(topk, config, weights, {}, settings);
    for (let step = 0; step < 8; step++) {
      const x = batch(step);
      const [a, b] = [fused.step(batchOf(x), 1e-3, step), dense.step(batchOf(x), 1e-3, step)];
      // 24 entries a row leave few near ties: all latents are found, and then values and gradients are those of float32
      assert.equal(a.extra?.['encoderRecall'], precision === 'f32' || step === 0 ? undefined : 1, `${precision}, step ${step}`);
      assertClose([a.loss, a.fvu, a.gradientNorm], [b.loss, b.fvu, b.gradientNorm], 2e-4, `${precision}, step ${step}`);
      x.dispose();
    }
    const [got, want] = [fused.weights(), dense.weights()];
    for (const name of ['wEnc', 'wDec', 'bEnc', 'bDec']) assertClose(got[name]!.dataSync(), want[name]!.dataSync(), 1e-3, `${precision}: ${name}`);
    tf.dispose([got, want, weights] as unknown as tf.TensorContainer);
    fused.dispose();
    dense.dispose();
  }
});

test('steps at low precision leave as many tensors as there were', { skip }, () => {
  const weights = start();
  const trainer = new FusedTrainer(weights, {}, atPrecision(form, 'bf16', true)!, topk, settings);
  const x = batch(0);
  trainer.step(batchOf(x), 1e-3, 0);
  const before = tf.memory().numTensors;
  for (let step = 1; step < 4; step++) trainer.step(batchOf(x), 1e-3, step);
  assert.equal(tf.memory().numTensors, before);
  trainer.dispose();
  tf.dispose([x, weights] as unknown as tf.TensorContainer);
});

test('recall of float32 against itself is 1, and is found below 1 where the weights differ by less than int8 sees', { skip }, () => {
  tf.tidy(() => {
    const random = Random.from(3);
    const base = random.normals(64);
    const wEnc = tf.tensor2d(Float32Array.from({ length: 500 * 64 }, (_, i) => base[i % 64]! + 1e-3 * random.normal()), [500, 64]);
    const weights = { wEnc, bEnc: tf.zeros([500]), bDec: tf.zeros([64]) };
    const x = tf.tensor2d(random.normals(150 * 64), [150, 64]);
    assert.equal(encoderRecall(weights, x, 4, 'f32', true), 1);
    assert.ok(encoderRecall(weights, x, 4, 'int8', true) < 0.999);
  });
});

test('a precision that the step does not have is refused', () => {
  const other = jumprelu.fused!(jumprelu.config.parse({}), settings.sizes);
  assert.throws(() => atPrecision(other, 'bf16', true), { kind: 'bad-config', message: /"bf16".*choose f32/ });
  assert.throws(() => atPrecision(null, 'int8', true), { kind: 'bad-config' });
  assert.equal(atPrecision(other, 'f32', true), other);
});
