import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { openSafetensors } from '../../src/engine/formats/safetensors.ts';
import { sampleModelPath } from '../../src/engine/lm/find.ts';
import { loadModel } from '../../src/engine/lm/load.ts';
import { argMax } from '../../src/engine/lm/sampling.ts';
import { missingPackage, runPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-parity-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const sample = sampleModelPath();
const skip = (await missingPackage('llama_cpp')) || (sample === null && 'the sample model is not installed');

test('SmolLM2 from its GGUF beside llama.cpp on 200 positions: same top token in 97 %, mean KL at most 0.02', { skip }, async (t) => {
  const out = join(folder, 'llama.safetensors');
  await runPython('llama_cpp_reference.py', sample!, fileURLToPath(new URL('fixtures/prose.txt', import.meta.url)), out);
  const file = openSafetensors(out);
  const tokens = file.readInt32('tokens');
  await loadBackend();
  const model = await loadModel(sample!);
  const { logits } = model.run(tokens, 1, tokens.length);
  const own = tf.tidy(() => tf.logSoftmax(logits!).dataSync<'float32'>());
  const vocab = model.config.vocab;
  let [kl, same] = [0, 0];
  for (let position = 0; position < tokens.length; position++) {
    const p = file.readFloat32('logits', position * vocab, vocab);
    const q = own.subarray(position * vocab, (position + 1) * vocab);
    for (let id = 0; id < vocab; id++) kl += (Math.exp(p[id]!) * (p[id]! - q[id]!)) / tokens.length;
    if (argMax(p) === argMax(q)) same++;
  }
  t.diagnostic(`mean KL ${kl.toFixed(5)} nats, same top token ${(same / tokens.length).toFixed(3)} of ${tokens.length}`);
  assert.equal(tokens.length, 200);
  assert.ok(same >= 0.97 * tokens.length);
  assert.ok(kl <= 0.02);
  logits!.dispose();
  model.dispose();
  file.close();
});
