import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { layerKinds } from '../../../../../src/engine/lm/layers/registry.ts';
import { modelSpecs, startValues } from '../../../../../src/engine/lm/own/parameters.ts';
import { LmTrainer } from '../../../../../src/engine/lm/training/trainer.ts';
import { eachBackend } from '../../../../support/backends.ts';
import { assertClose } from '../../../../support/closeness.ts';
import { periodicContexts, settings, tinyShape, tinyTrainer } from '../../../../support/own-models.ts';

before(() => loadBackend());

for (const kind of layerKinds) {
  // ln 4 = 1.39 is what knowing the four letters gives; less is their order.
  test(`${kind.id}: the order of a text of period four is learned, and no step leaves a tensor behind`, (t) => {
    const trainer = tinyTrainer(tinyShape(kind.id));
    t.after(() => trainer.dispose());
    const first = trainer.step([periodicContexts(0)], 1e-2, 0);
    const before = tf.memory().numTensors;
    let last = first;
    for (let step = 1; step < 150; step++) last = trainer.step([periodicContexts(step)], 1e-2, step);
    assert.equal(tf.memory().numTensors, before);
    assert.ok(Math.abs(first.loss - Math.log(257)) < 0.3, `at the start ${first.loss}: ln 257 is 5.55`);
    assert.ok(last.loss < 1, `after 150 steps ${last.loss}`);
    for (const [name, loss] of Object.entries(last.auxiliary)) assert.ok(Number.isFinite(loss), name);
    const { sum, count } = trainer.loss(periodicContexts(99));
    assert.equal(count, 48);
    assert.ok(Math.abs(sum / count - last.loss) < 0.5, `validation ${sum / count}, training ${last.loss}`);
  });
}

test('the gradient of the whole loss is that of finite differences, in one weight of each kind of parameter', (t) => {
  // Without clip, and with the first moment (1 - beta1) g read off.
  const shape = tinyShape('dense', {}, { layers: 1 });
  const contexts = periodicContexts(3);
  const start = (spec: Parameters<typeof startValues>[0]): Float32Array => startValues(spec, 1).map((value) => (spec.decay ? 10 * value : value));
  const trainer = new LmTrainer(shape, { ...settings, clip: null }, start);
  trainer.step([contexts], 0, 0);
  const state = trainer.state();
  t.after(() => (tf.dispose(state), trainer.dispose()));
  const lossWith = (name: string, at: number, change: number): number => {
    const other = new LmTrainer(shape, settings, (spec) => start(spec).map((value, i) => (spec.name === name && i === at ? value + change : value)));
    const { sum, count } = other.loss(contexts);
    other.dispose();
    return sum / count;
  };
  for (const [name, at] of [['embed.weight', 97 * 16 + 3], ['positions.weight', 5], ['blocks.0.attn.qkv.weight', 40], ['blocks.0.mlp.in.bias', 7], ['ln_final.weight', 2]] as const) {
    const gradient = state[`${name}.m`]!.dataSync()[at]! / 0.1;
    const slope = (lossWith(name, at, 1e-2) - lossWith(name, at, -1e-2)) / 2e-2;
    assert.ok(Math.abs(gradient - slope) < 2e-3 + 0.02 * Math.abs(slope), `${name}[${at}]: ${gradient}, ${slope}`);
  }
});

test('one step in parts is the step of the whole batch', (t) => {
  const whole = tinyTrainer(tinyShape('dense'));
  const parts = tinyTrainer(tinyShape('dense'));
  t.after(() => [whole, parts].forEach((trainer) => trainer.dispose()));
  const all = periodicContexts(1, 4);
  const half = (first: number): typeof all => ({ ...all, batch: 2, tokens: all.tokens.slice(first * 12, (first + 2) * 12), targets: all.targets.slice(first * 12, (first + 2) * 12) });
  const [a, b] = [whole.step([all], 1e-3, 0), parts.step([half(0), half(2)], 1e-3, 0)];
  assert.ok(Math.abs(a.loss - b.loss) < 1e-5 && Math.abs(a.gradientNorm - b.gradientNorm) < 1e-4 * a.gradientNorm);
});

test('the decay is decoupled and spares biases and norms: without a gradient that matters, matrices shrink by lr times decay', (t) => {
  const shape = tinyShape('dense', {}, { layers: 1 });
  const trainer = tinyTrainer(shape, { weightDecay: 0.5, epsilon: 1e9 }); // such an epsilon leaves nothing of Adam's own change
  t.after(() => trainer.dispose());
  trainer.step([periodicContexts(1)], 0.1, 0);
  for (const spec of modelSpecs(shape)) {
    const [start, now] = [startValues(spec, 1), trainer.values(spec.name)];
    const factor = spec.decay ? 1 - 0.1 * 0.5 : 1;
    assert.ok(start.every((value, i) => Math.abs(now[i]! - factor * value) < 1e-6), spec.name);
  }
});

test('a state goes into another trainer, which then takes the very same step', (t) => {
  const [a, b] = [tinyTrainer(tinyShape('dense')), new LmTrainer(tinyShape('dense'), settings, (spec) => startValues(spec, 9))];
  t.after(() => [a, b].forEach((trainer) => trainer.dispose()));
  for (let step = 0; step < 3; step++) a.step([periodicContexts(step)], 1e-2, step);
  const state = a.state();
  b.restore(state);
  tf.dispose(state);
  assert.deepEqual(a.step([periodicContexts(3)], 1e-2, 3).loss, b.step([periodicContexts(3)], 1e-2, 3).loss);
  for (const { name } of modelSpecs(a.shape)) assert.deepEqual(a.values(name), b.values(name), name);
  assert.throws(() => b.restore({}), { kind: 'mismatch' });
});

test('a weight that is not finite is named, and so is the place where a pass first overflows', (t) => {
  const poisoned = (name: string, value: number): LmTrainer => {
    const trainer = new LmTrainer(tinyShape('dense'), settings, (spec) => (spec.name === name ? new Float32Array(startValues(spec, 1).length).fill(value) : startValues(spec, 1)));
    t.after(() => trainer.dispose());
    return trainer;
  };
  assert.throws(() => poisoned('blocks.1.mlp.in.weight', Number.NaN).step([periodicContexts(1)], 1e-3, 0), { kind: 'not-finite', message: /the weight blocks\.1\.mlp\.in\.weight is the first/u });
  // a finite weight: normed values are over 1.2 somewhere, and 1.2 * 3e38 is over float32's 3.4e38
  const overflow = poisoned('blocks.1.ln2.weight', 3e38);
  assert.throws(() => overflow.step([periodicContexts(1)], 1e-3, 0), { kind: 'not-finite', message: /blocks\.1\.mlp\.hook_pre is the first value of the pass/u });
  // nothing was changed
  assert.deepEqual(overflow.values('embed.weight'), startValues(modelSpecs(overflow.shape)[0]!, 1));
});

test('every backend takes the same steps with every kind of layer', async (t) => {
  const losses = new Map<string, number[]>();
  await eachBackend(t, () => {
    for (const { id } of layerKinds) {
      const trainer = tinyTrainer(tinyShape(id));
      const own = [0, 1, 2].map((step) => trainer.step([periodicContexts(step)], 1e-2, step)).flatMap(({ loss, gradientNorm }) => [loss, gradientNorm]);
      trainer.dispose();
      const others = losses.get(id);
      if (others === undefined) losses.set(id, own);
      else assertClose(own, others, 2e-3, id);
    }
  });
});
