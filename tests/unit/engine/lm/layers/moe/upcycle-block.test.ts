import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { dense } from '../../../../../../src/engine/lm/layers/dense.ts';
import { moeX } from '../../../../../../src/engine/lm/layers/moe-x.ts';
import { upcycleBlock, upcyclingDefaults } from '../../../../../../src/engine/lm/layers/moe/upcycle-block.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { inputRows, livelyWeights, smallSize } from '../../../../../support/layer-checks.ts';
import { watchedPass } from '../../../../../support/layer-pass.ts';

type DenseConfig = Parameters<typeof dense.forward>[2];
const plain = dense.config.parse({ activation: 'relu', hidden: 20 }) as DenseConfig;

test('a dense block as experts of its own width gives what it gave, and has the parameters of the kind', async (t) => {
  await eachBackend(t, () => {
    tf.tidy(() => {
      const weights = livelyWeights(dense, plain, smallSize);
      const before = tf.memory().numTensors;
      const own = upcycleBlock(weights, { ...upcyclingDefaults, experts: 3, noise: 0 }, Random.from(1));
      assert.equal(tf.memory().numTensors, before + 4);
      const config = moeX.config.parse({ experts: 3, width: 20 }) as Parameters<typeof moeX.forward>[2];
      for (const [name, { shape }] of Object.entries(moeX.parameters(config, smallSize, 0))) assert.deepEqual(own[name]!.shape, shape, name);
      const x = inputRows(smallSize);
      assertClose(moeX.forward(x, own, config, watchedPass(), smallSize).y.dataSync(), dense.forward(x, weights, plain, watchedPass(), smallSize).y.dataSync(), 1e-5);
    });
  });
});

test('gated MLPs, and blocks of other kinds, are refused', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const gated = livelyWeights(dense, dense.config.parse({ activation: 'swiglu' }), smallSize);
    const settings = { ...upcyclingDefaults, experts: 3 };
    assert.throws(() => upcycleBlock(gated, settings, Random.from(1)), { kind: 'unsupported', message: /gated/ });
    assert.throws(() => upcycleBlock({}, settings, Random.from(1)), { kind: 'mismatch', message: /mlp\.in\.weight/ });
  }));
});
