import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../src/engine/backend/load.ts';
import { loadModel } from '../../src/engine/lm/load.ts';
import { fixtureModels, largestDifference, readReference } from '../support/lm-fixtures.ts';
import { runPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-parity-'));
after(() => rmSync(folder, { recursive: true, force: true }));
before(async () => {
  await loadBackend();
  await runPython('lm_reference.py', folder);
});

for (const name of fixtureModels) {
  test(`${name}: logits of transformers and every hook of TransformerLens within 1e-4, from the packages themselves`, async () => {
    const reference = readReference(join(folder, name));
    const model = await loadModel(join(folder, name));
    const { logits, cache } = model.run(reference.tokens, 2, 10, { names: reference.hooks });
    assert.ok(largestDifference(logits!.dataSync(), reference.logits) <= 1e-4);
    for (const hook of reference.hooks) assert.ok(largestDifference(cache.get(hook)!.dataSync(), reference.file.readFloat32(hook)) <= 1e-4, hook);
    tf.dispose([logits!, ...cache.values()]);
    model.dispose();
    reference.file.close();
  });
}
