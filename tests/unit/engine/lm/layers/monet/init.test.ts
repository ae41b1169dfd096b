import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { initHd, initRouter, initStatistics, initVd, subExperts } from '../../../../../../src/engine/lm/layers/monet/init.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';

test('weights start at 0.02, biases at 0, statistics as a standard normal', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const { u, bU, v, b } = initHd({ s: 32, m: 8, dModel: 64 }, Random.from(1));
    for (const weight of [u, v]) assert.ok(Math.abs(Math.sqrt(tf.mean(tf.square(weight)).dataSync()[0]!) - 0.02) < 5e-4);
    for (const bias of [bU, b]) assert.ok(bias.dataSync().every((value) => value === 0));
    const { first } = initStatistics(3);
    assert.deepEqual([...first.mean.dataSync(), ...first.variance.dataSync()], [0, 0, 0, 1, 1, 1]);
    assert.deepEqual(initRouter(4, 3, 5, Random.from(1)).w1.shape, [12, 5]);
    initVd({ s: 2, m: 2, dModel: 2 }, Random.from(1));
  }));
});

test('numbers of experts that are no squares, and odd halves, are refused', () => {
  assert.equal(subExperts(262_144), 512);
  assert.throws(() => subExperts(1000), { kind: 'bad-config', message: /experts is 1000.*like 1024/ });
  assert.throws(() => subExperts(0), { kind: 'bad-config' });
  assert.throws(() => initVd({ s: 2, m: 3, dModel: 4 }, Random.from(1)), { kind: 'bad-config', message: /m is 3/ });
  assert.throws(() => initVd({ s: 2, m: 2, dModel: 5 }, Random.from(1)), { kind: 'bad-config', message: /dModel is 5/ });
});
