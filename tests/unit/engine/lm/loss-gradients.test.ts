import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { HookEdit, LanguageModel } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { lossGradients, type LossContexts } from '../../../../src/engine/lm/loss-gradients.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

const contexts: LossContexts = {
  tokens: Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3), documents: Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 2), batch: 2, length: 5, isolate: false,
};
const models = new Map<string, LanguageModel>();
before(async () => {
  await loadBackend();
  for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'gemma2'] as const) models.set(name, await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

/** Sum of -log p(next token) in float64 out of a whole forward pass: rows 0..3 and 5..8; with `isolate` not 2 either. */
function loss(model: LanguageModel, edits: HookEdit[], isolate: boolean): number {
  const { logits } = model.run(contexts.tokens, 2, 5, { edits, ...(isolate ? { documents: contexts.documents } : {}) });
  const vocab = logits!.shape[2]!;
  const values = logits!.dataSync<'float32'>();
  logits!.dispose();
  let sum = 0;
  for (const row of isolate ? [0, 1, 3, 5, 6, 7, 8] : [0, 1, 2, 3, 5, 6, 7, 8]) {
    const own = [...values.subarray(row * vocab, (row + 1) * vocab)];
    sum += Math.log(own.reduce((total, logit) => total + Math.exp(logit), 0)) - own[contexts.tokens[row + 1]!]!;
  }
  return sum;
}

for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'gemma2']) {
  for (const isolate of [false, true]) {
    test(`${name}${isolate ? ', isolated' : ''}: the gradient at hooks is the slope of the loss, within 1e-3`, () => {
      const model = models.get(name)!;
      const hooks = ['blocks.0.hook_resid_post', 'blocks.1.hook_mlp_out', 'blocks.1.hook_resid_pre', 'hook_embed'];
      const tensors = tf.memory().numTensors;
      for (const [hook, gradient] of lossGradients(model, { ...contexts, isolate }, hooks)) {
        // Steps of h along g/|g|, h and 2 h, central: Richardson's combination cancels the error of h^2.
        const length = Math.hypot(...gradient);
        const along = (h: number): number => {
          const value = tf.tensor(gradient.map((entry) => (h * entry) / length), [2, 5, gradient.length / 10]);
          const result = loss(model, [{ hook, kind: 'add', value }], isolate);
          value.dispose();
          return result;
        };
        const slope = (h: number): number => (along(h) - along(-h)) / (2 * h);
        const h = 0.02;
        const estimate = (4 * slope(h) - slope(2 * h)) / 3;
        assert.ok(Math.abs(estimate - length) < 1e-3 * length, `${hook}: slope ${estimate}, gradient ${length}`);
      }
      assert.equal(tf.memory().numTensors, tensors);
    });
  }
}

test('hooks of late blocks alone give what they give together with early ones, and padding is not predicted', () => {
  const model = models.get('llama-gqa-untied')!;
  const [late] = lossGradients(model, contexts, ['blocks.1.hook_mlp_out']).values();
  const both = lossGradients(model, contexts, ['hook_embed', 'blocks.1.hook_mlp_out']).get('blocks.1.hook_mlp_out')!;
  assert.ok(late!.every((value, i) => Math.abs(value - both[i]!) <= 1e-5));
  // The last position predicts nothing, and no later position attends to it: its gradient is 0.
  const d = late!.length / 10;
  assert.ok(late!.subarray(4 * d, 5 * d).every((value) => value === 0) && late!.subarray(0, d).some((value) => value !== 0));
  const padded = lossGradients(model, { ...contexts, documents: Int32Array.of(0, 0, 0, -1, -1, 2, 2, 2, 2, 2) }, ['blocks.1.hook_mlp_out']).get('blocks.1.hook_mlp_out')!;
  assert.ok(padded.subarray(2 * d, 5 * d).every((value) => value === 0));
});
