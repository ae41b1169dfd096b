import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';
import { isArrayStore, openArrayStore } from '../../../../src/engine/store/arrays.ts';
import { npyBytes } from '../../../support/npy.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

const values = Float32Array.from({ length: 12 }, (_, i) => i / 2);

test('.npy activations with token ids are a store; rows may be flat', (t) => {
  for (const shape of [[2, 3, 2], [6, 2]]) {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'activations.npy'), npyBytes('<f4', shape, values));
    writeFileSync(join(folder, 'tokens.npy'), npyBytes('<i8', [2, 3], BigInt64Array.of(10n, 11n, 12n, 13n, 14n, 15n)));
    writeFileSync(join(folder, 'loupe.json'), JSON.stringify({ hook: 'blocks.3.hook_resid_pre', specialTokenIds: [14] }));
    assert.equal(isArrayStore(folder), true);
    const store = openArrayStore(folder);
    t.after(() => store.close());
    assert.deepEqual(store.manifest.hooks, [{ name: 'blocks.3.hook_resid_pre', d: 2 }]);
    assert.deepEqual([...store.tokens(1, 1)], [13, 14, 15]);
    assert.deepEqual([...store.documents(0, 2)], [0, 0, 0, 1, 1, 1]);
    assert.deepEqual([...store.mask(0, 2)], [0, 1, 1, 0, 0, 1]);
    assert.deepEqual([...store.activations('blocks.3.hook_resid_pre', 1, 1)], [3, 3.5, 4, 4.5, 5, 5.5]);
  }
});

test('arrays that do not fit each other are refused with both shapes', (t) => {
  const folder = temporaryFolder(t);
  writeSafetensors(join(folder, 'activations.safetensors'), {
    activations: { dtype: 'F32', shape: [4, 3], data: values }, tokens: { dtype: 'I32', shape: [2, 3], data: new Int32Array(6) },
  });
  assert.throws(() => openArrayStore(folder), { kind: 'mismatch', message: /activations are \[4, 3\] and tokens \[2, 3\]/ });
});

test('a missing tensor, a missing file and a wrong description are named', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'activations.npy'), npyBytes('<f4', [6, 2], values));
  assert.throws(() => openArrayStore(folder), { kind: 'not-found', message: /tokens\.npy/ });
  writeFileSync(join(folder, 'tokens.npy'), npyBytes('<i4', [2, 3], new Int32Array(6)));
  writeFileSync(join(folder, 'loupe.json'), '{"hok": 1}');
  assert.throws(() => openArrayStore(folder), { kind: 'bad-file', message: /loupe\.json/ });
  const other = temporaryFolder(t);
  writeSafetensors(join(other, 'activations.safetensors'), { acts: { dtype: 'F32', shape: [12], data: values } });
  assert.throws(() => openArrayStore(other), { kind: 'bad-file', message: /lacks the tensor activations; it has acts/ });
});
