import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel, RunOptions } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

const tokens = Int32Array.of(3, 1, 4, 1, 5);
const models = new Map<string, LanguageModel>();
before(async () => {
  await loadBackend();
  for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'qwen3', 'gemma2'] as const) models.set(name, await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

/** The logit of token 7 at the last position. */
const metric = (logits: tf.Tensor): tf.Tensor => tf.slice(logits, [0, 4, 7], [1, 1, 1]);

function metricWith(model: LanguageModel, edits: RunOptions['edits'] & object): number {
  const { logits } = model.run(tokens, 1, 5, { edits });
  const value = tf.tidy(() => metric(logits!).dataSync()[0]!);
  logits!.dispose();
  return value;
}

for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'qwen3', 'gemma2']) {
  for (const hook of ['blocks.0.hook_resid_pre', 'blocks.1.attn.hook_z', 'blocks.1.mlp.hook_post', 'blocks.0.attn.hook_q', 'ln_final.hook_normalized']) {
    test(`${name}: the gradient at ${hook} is the slope of the metric along it`, () => {
      const model = models.get(name)!;
      const { gradients, cache, value } = model.runWithGradients(tokens, 1, 5, metric, [hook]);
      const gradient = gradients.get(hook)!;
      assert.deepEqual(gradient.shape, cache.get(hook)!.shape);
      assert.ok(Math.abs(value - metricWith(model, [])) < 1e-4);
      // A step of h along the normed gradient g/|g| changes the metric by h |g|; central differences, |error| ~ h^2.
      const length = Math.hypot(...gradient.dataSync<'float32'>());
      const h = 0.01;
      const step = (sign: number): number => tf.tidy(() => metricWith(model, [{ hook, kind: 'add', value: tf.mul(gradient, (sign * h) / length) }]));
      const slope = (step(1) - step(-1)) / (2 * h);
      assert.ok(Math.abs(slope - length) <= 0.01 * length + 1e-3, `slope ${slope}, gradient ${length}`);
      tf.dispose([...gradients.values(), ...cache.values()]);
    });
  }
}

test('with frozen patterns and norms the model is linear in the embedding where nothing else bends it', () => {
  // Attention with a constant pattern and a constant norm scale is linear: the gradient with respect to v does not depend on v.
  const model = models.get('llama-gqa-untied')!;
  const hook = 'blocks.1.attn.hook_v';
  const frozen = model.runWithGradients(tokens, 1, 5, metric, ['blocks.1.hook_resid_pre'], { freezeNorms: true, freezePatterns: true });
  const free = model.runWithGradients(tokens, 1, 5, metric, ['blocks.1.hook_resid_pre']);
  const [a, b] = [frozen, free].map((run) => run.gradients.get('blocks.1.hook_resid_pre')!.dataSync());
  assert.ok(a!.some((x, i) => Math.abs(x - b![i]!) > 1e-3), 'freezing changes the gradient');
  assert.ok(Math.abs(frozen.value - free.value) < 1e-5, 'and not the value');
  const scale = model.runWithGradients(tokens, 1, 5, metric, ['blocks.1.ln1.hook_scale', 'blocks.1.attn.hook_q', hook], { freezePatterns: true });
  assert.ok(scale.gradients.get('blocks.1.attn.hook_q')!.dataSync().every((x) => x === 0), 'nothing flows into a frozen pattern');
  assert.ok(scale.gradients.get(hook)!.dataSync().some((x) => x !== 0));
  for (const run of [frozen, free, scale]) tf.dispose([...run.gradients.values(), ...run.cache.values()]);
});

test('a metric that is no number and an empty list of hooks are refused, and nothing is left behind', () => {
  const model = models.get('gpt2')!;
  const tensors = tf.memory().numTensors;
  assert.throws(() => model.runWithGradients(tokens, 1, 5, (logits) => logits, ['blocks.0.hook_resid_pre']), { kind: 'bad-request' });
  assert.throws(() => model.runWithGradients(tokens, 1, 5, metric, []), { kind: 'bad-request' });
  assert.throws(() => model.runWithGradients(tokens, 1, 5, metric, ['blocks.0.hook_resid']), { kind: 'not-found' });
  const run = model.runWithGradients(tokens, 1, 5, metric, ['blocks.0.hook_resid_pre']);
  tf.dispose([...run.gradients.values(), ...run.cache.values()]);
  assert.equal(tf.memory().numTensors, tensors);
});
