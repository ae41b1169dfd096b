import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { planDispatch, type Dispatch } from '../../../../../../src/engine/lm/layers/moe/dispatch.ts';
import { stockExperts, type ExpertOutput, type ExpertWeights } from '../../../../../../src/engine/lm/layers/moe/experts.ts';
import { canFuseExperts, fusedExperts } from '../../../../../../src/engine/lm/layers/moe/native-experts.ts';
import { Random } from '../../../../../../src/engine/random.ts';
import { absent } from '../../../../../support/backend.ts';
import { useBackend } from '../../../../../support/backends.ts';

type Experts = typeof fusedExperts;

/** Expert 1 of 4 gets nobody, expert 2 more than a block of the kernel and more than the depth of a product; sizes are no multiple of any tile's. */
const [tokens, dModel, experts, width, k] = [330, 37, 4, 53, 2];

function setting(): { inputs: Tensor[]; plan: Dispatch; target: Tensor } {
  const random = Random.from(7);
  const normals = (shape: number[], std = 1): Tensor => tf.tensor(random.normals(shape.reduce((a, b) => a * b, 1), std), shape);
  const chosen = Int32Array.from({ length: tokens * k }, (_, i) => (i % 2 === 1 ? 2 : [0, 3, 3][(i / 2) % 3]!));
  return {
    inputs: [normals([tokens, dModel]), normals([experts, width, dModel], 0.2), normals([experts, width, dModel], 0.2), tf.tensor2d(Float32Array.from({ length: tokens * k }, () => random.uniform()), [tokens * k, 1]), normals([experts, width], 0.3)],
    plan: planDispatch({ experts: chosen, tokens, k }, experts), target: normals([tokens, dModel]),
  };
}

function run(form: Experts, inputs: Tensor[], plan: Dispatch, activation: 'relu' | 'gelu'): ExpertOutput {
  const [x, wEnc, wDec, gates, bEnc] = inputs;
  const weights: ExpertWeights = { wEnc: wEnc as Tensor3D, wDec: wDec as Tensor3D, bEnc: (bEnc as Tensor2D | undefined) ?? null, bDec: null };
  return form(x as Tensor2D, weights, gates as Tensor2D, plan, activation);
}

function assertNear(a: Tensor, b: Tensor, tolerance: number, what: string): void {
  const scale = tf.max(tf.abs(b)).dataSync()[0]!;
  const distance = tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
  assert.ok(scale > 0 && distance <= tolerance * scale, `${what}: ${distance} of ${scale}`);
}

for (const activation of ['relu', 'gelu'] as const) {
  test(`${activation}: values, counts and every gradient are those of stock ops within 2e-5, with biases and without`, { skip: await absent('tensorflow') }, async () => {
    await useBackend('tensorflow');
    assert.ok(canFuseExperts(activation));
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { inputs: all, plan, target } = setting();
      for (const inputs of [all, all.slice(0, 4)]) {
        const [native, stock] = [run(fusedExperts, inputs, plan, activation), run(stockExperts, inputs, plan, activation)];
        assertNear(native.y, stock.y, 2e-5, 'y');
        assert.deepEqual([...native.l0.dataSync()].map((n) => n.toFixed(4)), [...stock.l0.dataSync()].map((n) => n.toFixed(4)));
        assert.ok(Number.isNaN(native.l0.dataSync()[1]!));
        const gradients = (form: Experts): Tensor[] => tf.grads((...own: Tensor[]) => tf.sum(tf.mul(tf.square(run(form, own, plan, activation).y), target)))(inputs);
        const [fast, slow] = [gradients(fusedExperts), gradients(stockExperts)];
        ['x', 'wEnc', 'wDec', 'gates', 'bEnc'].slice(0, inputs.length).forEach((name, i) => assertNear(fast[i]!, slow[i]!, 2e-5, name));
      }
    });
    assert.equal(tf.memory().numTensors, before);
  });
}

test('what is not a number comes out as such', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  tf.tidy(() => {
    const { inputs, plan } = setting();
    const poisoned = inputs[0]!.dataSync<'float32'>().slice();
    poisoned[3 * dModel] = Number.NaN;
    const { y } = run(fusedExperts, [tf.tensor(poisoned, inputs[0]!.shape), ...inputs.slice(1)], plan, 'relu');
    const rows = y.dataSync();
    assert.ok(Number.isNaN(rows[3 * dModel]!) && !Number.isNaN(rows[2 * dModel]!));
  });
});

test('an argument that does not fit is named', { skip: await absent('tensorflow') }, async () => {
  await useBackend('tensorflow');
  tf.tidy(() => {
    const { inputs, plan } = setting();
    assert.throws(() => run(fusedExperts, inputs, { ...plan, places: plan.places.map((place) => place + 1) }, 'relu'), /places holds/u);
    assert.throws(() => run(fusedExperts, [inputs[0]!, inputs[1]!, tf.zeros([experts, width, dModel + 1]), ...inputs.slice(3)], plan, 'relu'), /w_dec must have the shape of w_enc/u);
  });
});
