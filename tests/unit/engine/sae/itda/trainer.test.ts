import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../../../../src/engine/random.ts';
import type { Batch } from '../../../../../src/engine/sae/definition.ts';
import { ItdaTrainer } from '../../../../../src/engine/sae/itda/trainer.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { batchOf, trainerSettings } from '../../../../support/variants.ts';

const sizes = { dIn: 6, dSae: 40 };
const builder = { steps: 3, tau: 0.2, absolute: false, method: 'plain', initial: 4, duplicateCosine: 0.999 } as const;
const trainer = (): ItdaTrainer => new ItdaTrainer(builder, trainerSettings(sizes, { deadWindow: 60 }));

function batch(number: number): Batch {
  const x = tf.tensor2d(Random.from(number, 'batch').normals(30 * 6), [30, 6]);
  return batchOf(x, { origins: Int32Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? number : at >> 1)) });
}

test('a step adds atoms up to dSae, and says how many', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const own = trainer();
    const first = own.step(batch(0));
    assert.equal(first.extra!['atoms'], first.extra!['atomsAdded']);
    assert.ok(first.fvu < 0.25 && first.l0 <= 3, `${first.fvu}, ${first.l0}`);
    for (let number = 1; number < 20; number++) own.step(batch(number));
    const { wDec, labels } = own.weights();
    const count = wDec!.shape[0]!;
    assert.deepEqual([wDec!.shape, labels!.shape], [[count, 6], [count, 2]]);
    assert.ok(count <= 40 && count > 4, `${count}`);
    assert.equal(own.sinceFired().length, count);
    assert.equal(own.deadCount(), [...own.sinceFired()].filter((since) => since >= 60).length);
  }));
});

test('a restored trainer goes on with the same bits', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [whole, other] = [trainer(), trainer()];
    for (let number = 0; number < 3; number++) whole.step(batch(number));
    other.restore(whole.state() as Record<string, tf.Tensor>);
    for (let number = 3; number < 6; number++) assert.deepEqual(other.step(batch(number)), whole.step(batch(number)));
    const [a, b] = [whole.state(), other.state()];
    for (const name of Object.keys(a)) assert.deepEqual(b[name]!.dataSync(), a[name]!.dataSync(), name);
    assert.throws(() => trainer().restore({ ...a, labels: tf.zeros([2, 2]) }), { kind: 'mismatch' });
    assert.throws(() => trainer().restore({}), { kind: 'mismatch' });
  }));
});

test('rows without a place in the data are refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    assert.throws(() => trainer().step(batchOf(tf.zeros([2, 6]))), { kind: 'unsupported' });
  }));
});
