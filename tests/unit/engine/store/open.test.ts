import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { openStore } from '../../../../src/engine/store/open.ts';
import { writeSmallStore } from '../../../support/small-store.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a harvested store and a folder of arrays open alike', async (t) => {
  const [harvested, arrays] = [join(temporaryFolder(t), 's'), temporaryFolder(t)];
  await writeSmallStore(harvested);
  writeSafetensors(join(arrays, 'activations.safetensors'), {
    activations: { dtype: 'F32', shape: [2, 2, 1], data: Float32Array.of(1, 2, 3, 4) }, tokens: { dtype: 'I32', shape: [2, 2], data: Int32Array.of(5, 6, 7, 8) },
  });
  for (const [folder, contexts] of [[harvested, 10], [arrays, 2]] as const) {
    const store = openStore(folder);
    assert.equal(store.manifest.contexts, contexts);
    store.close();
  }
});

test('a folder that holds neither is no store', (t) => {
  assert.throws(() => openStore(temporaryFolder(t)), { kind: 'not-found', message: /no activation store/ });
});
