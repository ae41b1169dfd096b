import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../src/engine/backend/load.ts';
import { openSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { sampleModelPath } from '../../../../src/engine/lm/find.ts';
import { loadModel } from '../../../../src/engine/lm/load.ts';
import { argMax } from '../../../../src/engine/lm/sampling.ts';
import { absent } from '../../../support/backend.ts';

const sample = sampleModelPath();
const skip = (await absent('tensorflow')) || (sample === null && 'the sample model is not installed: npm run setup');
before(async () => {
  if (skip === false) await loadBackend('tensorflow');
});

test('SmolLM2 from its GGUF gives llama.cpp\'s top token in 97 % of 200 positions, and nearly its distribution', { skip }, async () => {
  const file = openSafetensors(fileURLToPath(new URL('../../../parity/fixtures/llama-cpp.safetensors', import.meta.url)));
  const [tokens, ids, logP] = [file.readInt32('tokens'), file.readInt32('top_ids'), file.readFloat32('top_logits')];
  const top = ids.length / tokens.length;
  const model = await loadModel(sample!);
  const { logits } = model.run(tokens, 1, tokens.length);
  const own = tf.tidy(() => tf.logSoftmax(logits!).dataSync<'float32'>());
  let [kl, same] = [0, 0];
  for (let position = 0; position < tokens.length; position++) {
    const q = own.subarray(position * model.config.vocab, (position + 1) * model.config.vocab);
    if (argMax(q) === ids[position * top]) same++;
    // Over the 40 likeliest tokens and all others as one: a lower bound of the whole divergence, which test:parity measures.
    let [restP, restQ] = [1, 1];
    for (let i = 0; i < top; i++) {
      const [p, l] = [Math.exp(logP[position * top + i]!), q[ids[position * top + i]!]!];
      kl += p * (logP[position * top + i]! - l);
      restP -= p;
      restQ -= Math.exp(l);
    }
    if (restP > 0 && restQ > 0) kl += restP * Math.log(restP / restQ);
  }
  assert.ok(same >= 0.97 * tokens.length, `${same} of ${tokens.length}`);
  assert.ok(kl / tokens.length <= 0.02, `KL ${kl / tokens.length}`);
  logits!.dispose();
  model.dispose();
  file.close();
});

test('SmolLM2 answers a question through its chat template and the key-value cache', { skip }, async () => {
  const model = await loadModel(sample!);
  const prompt = model.tokenizer.encode(model.tokenizer.chat([{ role: 'user', content: 'What is the capital of France?' }], true));
  assert.match(model.tokenizer.decode(model.generate(prompt, { maxNewTokens: 12 })), /Paris/u);
  model.dispose();
});
