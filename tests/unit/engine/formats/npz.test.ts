import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openNpz, writeNpz } from '../../../../src/engine/formats/npz.ts';
import { npyBytes } from '../../../support/npy.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { zipBytes } from '../../../support/zip-file.mjs';

test('what is written is read back', (t) => {
  const path = join(temporaryFolder(t), 'a.npz');
  writeNpz(path, { W: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, b: { shape: [2], data: Float32Array.of(7, 8) }, s: { shape: [], data: Float32Array.of(9) } });
  const file = openNpz(path);
  assert.deepEqual([...file.entries].map(([name, { shape }]) => [name, shape]), [['W', [2, 3]], ['b', [2]], ['s', []]]);
  assert.deepEqual([[...file.readFloat32('W')], [...file.readFloat32('b')], [...file.readFloat32('s')]], [[1, 2, 3, 4, 5, 6], [7, 8], [9]]);
  assert.throws(() => file.readFloat32('c'), { kind: 'not-found' });
  file.close();
});

test('deflated members and float64 become float32; other files in the archive are left alone', (t) => {
  const path = join(temporaryFolder(t), 'a.npz');
  writeFileSync(path, zipBytes([
    { name: 'W.npy', data: npyBytes('<f8', [2], Float64Array.of(1.5, 1e-300)), method: 'deflated' }, { name: 'note.txt', data: Buffer.from('x'), method: 'stored' },
  ]));
  const file = openNpz(path);
  assert.deepEqual([...file.entries.keys()], ['W']);
  assert.deepEqual([...file.readFloat32('W')], [1.5, 0]);
  file.close();
});

test('arrays of columns, of objects and of lying shapes are refused', (t) => {
  const path = join(temporaryFolder(t), 'a.npz');
  const refused = (data: Buffer, kind: string, message: RegExp): void => {
    writeFileSync(path, zipBytes([{ name: 'W.npy', data, method: 'stored' }]));
    assert.throws(() => openNpz(path), { kind, message });
  };
  refused(npyBytes('<f4', [2, 1], Float32Array.of(1, 2), 'True'), 'unsupported', /W\.npy.*columns/s);
  refused(npyBytes('|O', [1], Float32Array.of(1)), 'unsupported', /\|O/);
  refused(npyBytes('<f4', [3], Float32Array.of(1, 2)), 'bad-file', /needs 12 bytes of data and there are 8/);
  refused(npyBytes('<f4', [2], Float32Array.of(1, 2)).subarray(0, 20), 'bad-file', /header claims/);
  refused(npyBytes('<i8', [1], BigInt64Array.of(1n)), 'mismatch', /integers/);
});
