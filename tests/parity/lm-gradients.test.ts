import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { openSafetensors, type SafetensorsFile } from '../../src/engine/formats/safetensors.ts';
import { loadModel } from '../../src/engine/lm/load.ts';
import { lossGradients } from '../../src/engine/lm/loss-gradients.ts';
import { fixtureFolder, largestDifference, readReference, referenceShape } from '../support/lm-fixtures.ts';

let file: SafetensorsFile;
before(async () => {
  await loadBackend();
  file = openSafetensors(fileURLToPath(new URL('fixtures/lm-gradients.safetensors', import.meta.url)));
});
after(() => file.close());

for (const name of ['gpt2', 'llama-gqa-untied', 'gpt-neox-parallel', 'gpt-neox-sequential', 'qwen2', 'qwen3', 'mistral', 'gemma2'] as const) {
  test(`${name}: loss gradients at residual streams equal PyTorch's (lm_gradients_reference.py) within 1e-4`, async () => {
    const model = await loadModel(fixtureFolder(name));
    const reference = readReference(fixtureFolder(name));
    const hooks = [...file.entries.keys()].filter((key) => key.startsWith(`${name}/`)).map((key) => key.slice(name.length + 1));
    const contexts = { tokens: reference.tokens, documents: new Int32Array(20), ...referenceShape, isolate: false };
    for (const [hook, gradient] of lossGradients(model, contexts, hooks)) {
      const expected = file.readFloat32(`${name}/${hook}`);
      const scale = Math.max(...expected.map(Math.abs));
      assert.ok(largestDifference(gradient, expected) <= 1e-4 * scale, `${hook}: ${largestDifference(gradient, expected)} of ${scale}`);
    }
    assert.equal(hooks.length, model.config.layers);
    reference.file.close();
    model.dispose();
  });
}
