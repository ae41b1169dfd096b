import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { monetHd, monetVd } from '../../../../../src/engine/lm/layers/monet.ts';
import { monetModelParameters } from '../../../../../src/engine/lm/layers/monet/parameters.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { checkGradients, checkHook, inputRows, livelyWeights, smallSize } from '../../../../support/layer-checks.ts';
import { watchedPass } from '../../../../support/layer-pass.ts';
import { countParameters } from '../../../../support/layer-weights.ts';

type Config = Parameters<typeof monetHd.forward>[2];
const config = monetHd.config.parse({ experts: 25, width: 2, heads: 2, active: 2 }) as Config;

for (const kind of [monetHd, monetVd]) {
  test(`${kind.id}: the hook holds the weights of all pairs, and everything has a gradient`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      checkHook(kind, config);
      const { losses } = checkGradients(kind, config);
      assert.deepEqual(Object.keys(losses), ['uniformity', 'ambiguity']);
    }));
  });

  test(`${kind.id}: later layers of a group use the first one's gates, without a router and without its losses`, async (t) => {
    await eachBackend(t, () => tf.tidy(() => {
      const [weights, second] = [livelyWeights(kind, config, smallSize, 0), livelyWeights(kind, config, smallSize, 1)];
      assert.ok(Object.keys(second).every((name) => !name.includes('router')));
      const x = inputRows(smallSize);
      const first = watchedPass();
      kind.forward(x, weights, config, first, smallSize);
      const alone = kind.forward(tf.mul(x, 3), { ...second, ...Object.fromEntries(Object.entries(weights).filter(([name]) => name.includes('router'))) }, config, watchedPass({ layer: 1, left: first.left }), smallSize);
      assert.deepEqual(alone.losses, {});
      // the gates do not see the second layer's own input: a layer that routes on it differs
      const own = kind.forward(tf.mul(x, 3), { ...second, ...Object.fromEntries(Object.entries(weights).filter(([name]) => name.includes('router'))) }, config, watchedPass({ layer: 2 }), smallSize);
      assert.ok(Math.max(...Array.from(alone.y.dataSync(), (value, i) => Math.abs(value - own.y.dataSync()[i]!))) > 1e-4);
    }));
  });
}

test("gates have hooks: what is put there is what this layer sums by, the group's other layers do not see it", async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = livelyWeights(monetHd, config, smallSize);
    const x = inputRows(smallSize);
    const watched = watchedPass({ watch: true });
    const { y, figures } = monetHd.forward(x, weights, config, watched, smallSize);
    assert.deepEqual(monetHd.hooks!(config, smallSize).map(([name, width]) => [name, width * 24, watched.seen.get(name)!.length]), [['mlp.hook_gates1', 240, 240], ['mlp.hook_gates2', 240, 240]]);
    assert.deepEqual(watched.seen.get('mlp.hook_gates1'), [...watched.left.get('monet.gates1')!.dataSync()]);
    // two of five on average, as running statistics of a start allow
    const active = figures!['active']!.dataSync()[0]!;
    assert.ok(active >= 1 && active < 4, String(active));
    const halved = watchedPass({ watch: true, edit: (hook, value) => (hook === 'mlp.hook_gates2' ? tf.mul(value, 0.5) : value) });
    // C is halved, and with it all that is summed
    assertClose(monetHd.forward(x, weights, config, halved, smallSize).y.dataSync(), tf.mul(y, 0.5).dataSync(), 1e-5);
    assertClose(halved.left.get('monet.gates2')!.dataSync(), watched.left.get('monet.gates2')!.dataSync(), 0);
  }));
});

test('running statistics move while training and are what inference routes by', async (t) => {
  await eachBackend(t, () => tf.tidy(() => {
    const weights = livelyWeights(monetHd, config, smallSize);
    const x = inputRows(smallSize);
    const training = watchedPass({ training: true });
    monetHd.forward(x, weights, config, training, smallSize);
    assert.deepEqual([...training.updates.keys()], ['mlp.router.mean1', 'mlp.router.variance1', 'mlp.router.mean2', 'mlp.router.variance2']);
    const inference = watchedPass();
    monetHd.forward(x, weights, config, inference, smallSize);
    assert.equal(inference.updates.size, 0);
    const low = { ...weights, 'mlp.router.mean1': tf.fill([2], 100), 'mlp.router.variance1': tf.fill([2], 1) };
    const pass = watchedPass();
    monetHd.forward(x, low, config, pass, smallSize);
    // far below the mean only the largest of each head stays
    const gates = pass.left.get('monet.gates1')!;
    assertClose(tf.sum(tf.cast(tf.greater(gates, 0), 'float32'), 2).dataSync(), new Float32Array(48).fill(1), 0);
  }));
});

test('the published presets have the parameters of the formula, experts and routers exactly', () => {
  for (const [name, preset] of Object.entries(monetHd.presets!)) {
    const own = monetHd.config.parse(preset.layer) as Config;
    const size = preset.size as typeof smallSize;
    const { experts, routers } = monetModelParameters({ layers: size.layers, dModel: size.dModel, vocab: size.vocab, s: 512, m: own.width, heads: own.heads, group: own.group });
    for (const kind of [monetHd, monetVd]) {
      const counted = Array.from({ length: size.layers }, (_, layer) => Object.entries(kind.parameters(own, size, layer)).filter(([, { trained }]) => trained !== false));
      assert.equal(counted.reduce((sum, specs) => sum + countParameters(Object.fromEntries(specs)), 0), experts + routers, name);
    }
  }
});

test('units and what is impossible', () => {
  assert.equal(monetHd.unitName(config, smallSize, 13), 'expert (2, 3)');
  assert.equal(monetHd.units(config, smallSize), 25);
  assert.match(monetHd.problem!({ ...config, experts: 24 }, smallSize)!, /experts is 24.*like 25/);
  assert.match(monetHd.problem!({ ...config, active: 6 }, smallSize)!, /active is 6, there are 5/);
  assert.match(monetVd.problem!({ ...config, width: 3 }, smallSize)!, /m is 3/);
  assert.equal(monetHd.problem!({ ...config, width: 3 }, smallSize), null);
});
