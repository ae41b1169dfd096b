import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSafetensors, openSafetensorsFolder, writeSafetensors } from '../../../../src/engine/formats/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-safetensors-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let n = 0;
const fresh = (): string => join(folder, `${n++}.safetensors`);

test('slices of each dtype read back as float32 and int32', () => {
  const path = fresh();
  writeSafetensors(path, {
    f: { dtype: 'F32', shape: [2, 2], data: new Float32Array([1.5, 2.5, 3.5, 4.5]) },
    h: { dtype: 'F16', shape: [3], data: new Float32Array([0.5, -1, 2]) },
    i: { dtype: 'I32', shape: [3], data: new Int32Array([-1, 7, 9]) },
    l: { dtype: 'I64', shape: [2], data: new BigInt64Array([5n, -6n]) },
    u: { dtype: 'U8', shape: [2], data: new Uint8Array([0, 255]) },
  });
  const file = openSafetensors(path);
  assert.deepEqual([...file.readFloat32('f', 1, 2)], [2.5, 3.5]);
  assert.deepEqual([...file.readFloat32('h')], [0.5, -1, 2]);
  assert.deepEqual([...file.readFloat16Bits('h', 1)], [0xbc00, 0x4000]);
  assert.deepEqual([...file.readInt32('i', 1)], [7, 9]);
  assert.deepEqual([...file.readInt32('l')], [5, -6]);
  assert.deepEqual([...file.readFloat32('u')], [0, 255]);
  assert.throws(() => file.readInt32('f'), { kind: 'mismatch' });
  file.close();
  assert.throws(() => file.readFloat32('f'), { kind: 'disposed' });
});

test('an unknown tensor is refused with the nearest name', () => {
  const path = fresh();
  writeSafetensors(path, { W_enc: { dtype: 'F32', shape: [1], data: new Float32Array(1) } });
  const file = openSafetensors(path);
  assert.throws(() => file.readFloat32('W_end'), { kind: 'not-found', message: /nearest is W_enc/u });
  assert.throws(() => file.readFloat32('W_enc', 1, 1), { kind: 'bad-request' });
  file.close();
});

test('an integer over 32 bits is refused, not wrapped', () => {
  const path = fresh();
  writeSafetensors(path, { l: { dtype: 'I64', shape: [1], data: new BigInt64Array([1n << 40n]) } });
  const file = openSafetensors(path);
  assert.throws(() => file.readInt32('l'), { kind: 'bad-file' });
  file.close();
});

test('a truncated file is refused when it is opened, at every length', () => {
  const path = fresh();
  writeSafetensors(path, { f: { dtype: 'F32', shape: [8], data: new Float32Array(8) } });
  for (let length = readFileSync(path).byteLength - 1; length >= 0; length -= 5) {
    truncateSync(path, length);
    assert.throws(() => openSafetensors(path), { kind: 'bad-file' }, `at ${length} bytes`);
  }
});

test('a missing file is kind not-found', () => {
  assert.throws(() => openSafetensors(join(folder, 'none')), { kind: 'not-found' });
  assert.throws(() => openSafetensorsFolder(folder), { kind: 'not-found' });
});

test('bfloat16 is widened exactly', () => {
  const path = fresh();
  const header = Buffer.from('{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header, Buffer.from([0x80, 0x3f, 0x00, 0xc0])]));
  const file = openSafetensors(path);
  assert.deepEqual([...file.readFloat32('b')], [1, -2]);
  file.close();
});

test('a sharded folder reads as one file, and its index is not believed', () => {
  const index = join(folder, 'model.safetensors.index.json');
  writeSafetensors(join(folder, 's1.safetensors'), { a: { dtype: 'F32', shape: [1], data: new Float32Array([1]) } });
  writeSafetensors(join(folder, 's2.safetensors'), { b: { dtype: 'F32', shape: [1], data: new Float32Array([2]) } });
  writeFileSync(index, '{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}}');
  const file = openSafetensorsFolder(folder);
  assert.deepEqual([file.readFloat32('a')[0], file.readFloat32('b')[0]], [1, 2]);
  assert.throws(() => file.readFloat32('c'), { kind: 'not-found' });
  file.close();
  writeFileSync(index, '{"weight_map":{"a":"s2.safetensors"}}');
  assert.throws(() => openSafetensorsFolder(folder), { kind: 'not-found' });
  writeFileSync(index, '{"weight_map":{"a":"../secret.safetensors"}}');
  assert.throws(() => openSafetensorsFolder(folder), { kind: 'bad-file' });
  writeFileSync(index, '{');
  assert.throws(() => openSafetensorsFolder(folder), { kind: 'bad-file' });
});
