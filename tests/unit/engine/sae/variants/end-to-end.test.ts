import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { Random } from '../../../../../src/engine/random.ts';
import type { Batch, Readout, Weights } from '../../../../../src/engine/sae/definition.ts';
import { divergence, endToEnd } from '../../../../../src/engine/sae/variants/end-to-end.ts';
import { SyntheticReadout } from '../../../../../src/engine/sae/synthetic/readout.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { batchOf, initContext, lossContext, sizesOf } from '../../../../support/variants.ts';

before(async () => {
  await loadBackend();
});

const sizes = sizesOf({ dIn: 6, dSae: 10 });
const values = Random.from(1).normals(9 * 6);
const own = (changes: object): ReturnType<typeof endToEnd.config.parse> => endToEnd.config.parse({ l1Coefficient: 0.6, sparsityWarmup: 0, ...changes });
const batchWith = (readout: Readout | null): Batch => batchOf(tf.tensor2d(values, [9, 6]) as Tensor2D, { readout });

test('the divergence is KL(original || spliced), worked by hand', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    // p = (1/2, 1/2), q = (1/4, 3/4): 1/2 ln 2 + 1/2 ln(2/3); the second row agrees. The other way round it would be another number.
    const p = tf.tensor2d([0, 0, 1, 2], [2, 2]);
    const q = tf.tensor2d([0, Math.log(3), 1, 2], [2, 2]);
    assertClose(divergence(p, q).dataSync(), [(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3)) / 2], 1e-6);
  }));
});

test('the three modes minimise what they say, beside (lambda / d) |f|_1', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const readout = new SyntheticReadout(6, 2);
    const batch = batchWith(readout);
    const weights = endToEnd.init(own({}), initContext(sizes));
    const loss = (mode: string): number => endToEnd.loss(weights, batch, own({ mode }), lossContext(sizes)).loss.dataSync()[0]!;
    const { latents, reconstruction } = endToEnd.loss(weights, batch, own({}), lossContext(sizes));
    const sparsity = (0.6 / 6) * (tf.sum(latents).dataSync()[0]! / 9);
    const kl = divergence(readout.run(batch.x).logits, readout.run(reconstruction).logits).dataSync()[0]!;
    const share = (a: tf.Tensor, b: tf.Tensor): number => tf.sum(tf.square(tf.sub(a, b))).dataSync()[0]! / tf.sum(tf.square(tf.sub(a, tf.mean(a, 0, true)))).dataSync()[0]!;
    const later = share(readout.run(batch.x).later[0]!, readout.run(reconstruction).later[0]!);
    assertClose([loss('e2e'), loss('e2e-downstream'), loss('local')], [kl + sparsity, kl + later + sparsity, share(batch.x, reconstruction) + sparsity], 1e-4);
  }));
});

test('what the model made of x already is used in place of running it again', () => {
  tf.tidy(() => {
    const readout = new SyntheticReadout(6, 2);
    let runs = 0;
    const counted: Readout = { run: (x) => (runs++, readout.run(x)) };
    const weights = endToEnd.init(own({}), initContext(sizes));
    const first = endToEnd.loss(weights, batchWith(counted), own({}), lossContext(sizes)).loss.dataSync()[0]!;
    assert.equal(runs, 2);
    const original = readout.run(tf.tensor2d(values, [9, 6]) as Tensor2D);
    const again = endToEnd.loss(weights, batchWith({ ...counted, original }), own({}), lossContext(sizes)).loss.dataSync()[0]!;
    assert.equal(runs, 3);
    assertClose([again], [first], 1e-6);
  });
});

test('the gradient comes through the model: it is that of finite differences', () => {
  tf.tidy(() => {
    const batch = batchWith(new SyntheticReadout(6, 2));
    const weights: Weights = endToEnd.init(own({}), initContext(sizes));
    for (const mode of ['e2e', 'e2e-downstream', 'local']) {
      for (const name of Object.keys(weights)) {
        const f = (value: tf.Tensor): tf.Tensor => endToEnd.loss({ ...weights, [name]: value }, batch, own({ mode }), lossContext(sizes)).loss;
        const gradient = tf.grad(f)(weights[name]!);
        const length = tf.norm(gradient).dataSync()[0]!;
        const h = 1e-3;
        const at = (sign: number): number => f(tf.add(weights[name]!, tf.mul(gradient, (sign * h) / length))).dataSync()[0]!;
        const slope = (at(1) - at(-1)) / (2 * h);
        assert.ok(Math.abs(slope - length) <= 0.02 * length + 2e-3, `${mode} ${name}: slope ${slope}, gradient ${length}`);
      }
    }
  });
});

test('stored activations do for the local mode, and the others say what they need', () => {
  tf.tidy(() => {
    const weights = endToEnd.init(own({}), initContext(sizes));
    assert.throws(() => endToEnd.loss(weights, batchWith(null), own({ mode: 'e2e' }), lossContext(sizes)), { kind: 'mismatch', message: /give model and corpus/u });
    assert.ok(Number.isFinite(endToEnd.loss(weights, batchWith(null), own({ mode: 'local' }), lossContext(sizes)).loss.dataSync()[0]!));
  });
});
