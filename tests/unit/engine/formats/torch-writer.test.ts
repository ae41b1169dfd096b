import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PickleDict } from '../../../../src/engine/formats/pickle.ts';
import { writeTorch } from '../../../../src/engine/formats/torch-writer.ts';
import { openTorch } from '../../../../src/engine/formats/torch.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('tensors, scalars, strings and nested dicts are read back as they were written', (t) => {
  const path = join(temporaryFolder(t), 'a.pt');
  writeTorch(path, {
    w: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 1e-30) }, empty: { shape: [0], data: new Float32Array(0) }, k: { shape: [], data: Int32Array.of(7) },
    groups: { shape: [2], data: BigInt64Array.of(300n, -4n) }, activation: 'TopK', state: { k: 32, name: 'ReLU' },
  });
  const file = openTorch(path);
  assert.deepEqual([...file.readFloat32('w')], [1, 2, 3, 4, 5, Math.fround(1e-30)]);
  assert.deepEqual([[...file.readFloat32('k')], [...file.readFloat32('groups')], [...file.readFloat32('empty')]], [[7], [300, -4], []]);
  assert.deepEqual([file.entries.get('w')?.shape, file.entries.get('k')?.shape], [[2, 3], []]);
  assert.equal(file.values.get('activation'), 'TopK');
  assert.deepEqual([...(file.values.get('state') as PickleDict).entries], [['k', 32], ['name', 'ReLU']]);
  file.close();
});

test('an array that is part of a larger one is written alone', (t) => {
  const path = join(temporaryFolder(t), 'a.pt');
  writeTorch(path, { w: { shape: [2], data: Float32Array.of(1, 2, 3, 4).subarray(1, 3) } });
  const file = openTorch(path);
  assert.deepEqual([...file.readFloat32('w')], [2, 3]);
  file.close();
});
