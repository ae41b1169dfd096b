import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import type { LanguageModel, RunOptions } from '../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { residualHook, spliceAt, startOf, type TokenBatch } from '../../../../src/engine/lm/splice.ts';
import { assertClose } from '../../../support/closeness.ts';
import { fixtureFolder } from '../../../support/lm-fixtures.ts';

/** Two contexts of five; row 0 of each is masked, and so is row 7. Scored: 1, 2, 3, 6, 8 (rows 4 and 9 have no next token). */
const tokens = Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3);
const batch: TokenBatch = { tokens, batch: 2, length: 5, mask: Uint8Array.of(0, 1, 1, 1, 1, 0, 1, 0, 1, 1) };
const scored = [1, 2, 3, 6, 8];

const models = new Map<string, LanguageModel>();
before(async () => {
  await loadBackend();
  for (const name of ['gpt2', 'llama-gqa-untied', 'gemma2'] as const) models.set(name, await loadModel(fixtureFolder(name)));
});
after(() => models.forEach((model) => model.dispose()));

/** log p of every row in float64, from a whole pass. */
function logProbabilities(model: LanguageModel, options: RunOptions): number[][] {
  const { logits } = model.run(tokens, 2, 5, options);
  const values = logits!.dataSync<'float32'>();
  const vocab = logits!.shape[2]!;
  logits!.dispose();
  return Array.from({ length: 10 }, (_, row) => {
    const own = [...values.subarray(row * vocab, (row + 1) * vocab)];
    const total = Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0));
    return own.map((logit) => logit - total);
  });
}

/** Rectifies the hook's value where the mask is 1, in a whole pass with a hook function: what a splice must equal. */
function rectified(hook: string): RunOptions {
  const map = (value: tf.Tensor): tf.Tensor => {
    const counts = tf.tensor(Float32Array.from(batch.mask), [2, 5, ...value.shape.slice(2).map(() => 1)]);
    return tf.add(tf.mul(counts, tf.relu(value)), tf.mul(tf.sub(1, counts), value));
  };
  return { edits: [{ hook, kind: 'map', map }] };
}

const hooks = ['hook_embed', ...['hook_resid_pre', 'attn.hook_z', 'hook_attn_out', 'hook_resid_mid', 'mlp.hook_post', 'hook_mlp_out', 'hook_resid_post'].flatMap((name) => [`blocks.0.${name}`, `blocks.1.${name}`]), 'ln_final.hook_normalized'];

for (const name of ['gpt2', 'llama-gqa-untied', 'gemma2']) {
  for (const hook of hooks) {
    test(`${name}: a replacement at ${hook} costs what a whole pass with that edit costs`, () => {
      const model = models.get(name)!;
      const splice = spliceAt(model, batch, hook);
      assert.deepEqual([...splice.counted], [1, 2, 3, 4, 6, 8, 9]);
      assert.deepEqual([...splice.scored], scored);
      const [p, q] = [logProbabilities(model, {}), logProbabilities(model, rectified(hook))];
      assertClose(splice.crossEntropy, scored.map((row) => -p[row]![tokens[row + 1]!]!), 2e-5, 'original');
      const { crossEntropy, kl } = splice.replaced(splice.x.map((value) => Math.max(0, value)));
      assertClose(crossEntropy, scored.map((row) => -q[row]![tokens[row + 1]!]!), 2e-5, 'spliced');
      assertClose(kl, scored.map((row) => p[row]!.reduce((sum, logP, i) => sum + Math.exp(logP) * (logP - q[row]![i]!), 0)), 2e-5, 'KL');
      assert.ok(kl.some((value) => value > 1e-4), 'the replacement matters');
      splice.dispose();
    });
  }

  test(`${name}: the activation itself as replacement changes no bit, at every hook`, () => {
    for (const hook of hooks) {
      const splice = spliceAt(models.get(name)!, batch, hook);
      const { crossEntropy, kl } = splice.replaced(splice.x);
      assert.deepEqual([...crossEntropy], [...splice.crossEntropy], hook);
      assert.ok(kl.every((value) => value === 0), hook);
      splice.dispose();
    }
  });
}

test('where attention stays within documents, the last token of one is not scored on the next', () => {
  const documents = Int32Array.of(0, 0, 0, 1, 1, 2, 2, 2, 2, 2);
  const splice = spliceAt(models.get('gpt2')!, { ...batch, documents }, 'blocks.0.hook_mlp_out');
  assert.deepEqual([...splice.scored], [1, 3, 6, 8]);
  splice.dispose();
});

test('where a pass can begin', () => {
  assert.deepEqual(startOf('blocks.3.hook_resid_post', 4), { layer: 4, isInput: true });
  assert.deepEqual(startOf('blocks.3.hook_resid_pre', 4), { layer: 3, isInput: true });
  assert.deepEqual(startOf('blocks.3.attn.hook_z', 4), { layer: 3, isInput: false });
  assert.equal(startOf('hook_pos_embed', 4), null);
  assert.equal(residualHook('blocks.2.hook_resid_post', 4), 'blocks.3.hook_resid_pre');
  assert.equal(residualHook('ln_final.hook_scale', 4), 'blocks.3.hook_resid_post');
});

test('no tensor is left behind, and what cannot be spliced is refused', () => {
  const model = models.get('gpt2')!;
  const tensors = tf.memory().numTensors;
  const splice = spliceAt(model, batch, 'blocks.1.hook_mlp_out');
  splice.replaced(splice.x);
  assert.throws(() => splice.replaced(new Float32Array(3)), { kind: 'mismatch' });
  splice.dispose();
  assert.throws(() => spliceAt(model, batch, 'blocks.1.hook_mlp'), { kind: 'not-found' });
  assert.throws(() => spliceAt(model, batch, 'blocks.1.attn.hook_pattern'), { kind: 'unsupported' });
  assert.throws(() => spliceAt(model, { ...batch, mask: new Uint8Array(10) }, 'blocks.1.hook_mlp_out'), { kind: 'bad-request' });
  assert.equal(tf.memory().numTensors, tensors);
});
