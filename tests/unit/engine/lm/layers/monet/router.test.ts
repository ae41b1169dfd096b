import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { routeMonet, routerLayer } from '../../../../../../src/engine/lm/layers/monet/router.ts';
import type { RouterStatistics, RouterWeights } from '../../../../../../src/engine/lm/layers/monet/router.ts';
import { routerSpecs } from '../../../../../../src/engine/lm/layers/monet/specs.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { eachBackend } from '../../../../../support/backends.ts';
import { assertClose } from '../../../../../support/closeness.ts';
import { startWeights } from '../../../../../support/layer-weights.ts';

test('layers of a group share the router of its first', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((layer) => routerLayer(layer, 4)), [0, 0, 0, 0, 4, 4]);
});

test('with running statistics the gates of a token do not depend on the rest of its batch; with those of the batch they do', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const [s, heads, dModel] = [16, 3, 10];
    const router = startWeights(routerSpecs(s, heads, dModel), Random.from(1)) as unknown as RouterWeights;
    const config = { heads, active: 4 };
    const token = tf.tensor2d(Random.from(2).normals(dModel), [1, dModel]);
    const others = tf.tensor2d(Random.from(3).normals(7 * dModel, 20), [7, dModel]);
    const batch = tf.concat([token, others], 0);
    const first = (x: Tensor2D, running: RouterStatistics | null): ArrayLike<number> => tf.slice(routeMonet(x, router, config, running).gates1, [0, 0, 0], [1, -1, -1]).dataSync();
    const running = { first: { mean: tf.zeros([heads]), variance: tf.fill([heads], 0.004) }, second: { mean: tf.zeros([heads]), variance: tf.fill([heads], 0.004) } } as RouterStatistics;
    assertClose(first(batch, running), first(token, running), 1e-5);
    assert.ok(Math.max(...Array.from(first(batch, null), (gate, i) => Math.abs(gate - first(token, null)[i]!))) > 0.1);
    const { gates1, gates2, batch: statistics } = routeMonet(batch, router, config, null);
    assert.deepEqual([gates1.shape, gates2.shape, statistics.first.mean.shape], [[8, heads, s], [8, heads, s], [heads]]);
  }));
});
