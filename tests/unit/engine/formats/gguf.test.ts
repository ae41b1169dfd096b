import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openGguf } from '../../../../src/engine/formats/gguf.ts';
import { f32Tensor, ggufFile } from '../../../support/gguf-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-gguf-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let n = 0;
const file = (bytes: Uint8Array): string => {
  const path = join(folder, `${n++}.gguf`);
  writeFileSync(path, bytes);
  return path;
};
const metadata = { 'general.architecture': 'llama', 'llama.rope.freq_base': 0.5, flag: true, tokens: ['a', 'Ġb', 'é'], types: [1, -3], scores: [0.5, -1.5] };
const tensors = [f32Tensor('a', [2, 3], new Float32Array([1, 2, 3, 4, 5, 6])), f32Tensor('b', [2], new Float32Array([7, 8]))];
const good = ggufFile(metadata, tensors);

test('metadata and tensors come back, shapes outermost first', () => {
  const gguf = openGguf(file(good));
  assert.deepEqual(Object.fromEntries(gguf.metadata), metadata);
  assert.deepEqual(gguf.tensors.get('a')!.shape, [2, 3]);
  assert.deepEqual([...gguf.readFloat32('a')], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...gguf.readFloat32('b')], [7, 8]);
  assert.throws(() => gguf.readFloat32('c'), { kind: 'not-found' });
  gguf.close();
  assert.throws(() => gguf.readFloat32('a'), { kind: 'disposed' });
});

test('a file cut off anywhere is refused when it is opened', () => {
  // The last tensor has 8 bytes and 24 of padding, which may be missing.
  for (let length = 0; length < good.byteLength - 24; length += 7) {
    assert.throws(() => openGguf(file(good.subarray(0, length))), { kind: 'bad-file' }, `at ${length} bytes`);
  }
});

test('flipping any byte of the head is either harmless or a typed error', () => {
  const head = good.byteLength - 64;
  for (let i = 0; i < head; i++) {
    const damaged = Buffer.from(good);
    damaged[i] = damaged[i]! ^ 0xff;
    try {
      openGguf(file(damaged)).close();
    } catch (error) {
      assert.match((error as { kind: string }).kind, /^(bad-file|unsupported)$/u, `byte ${i}: ${(error as Error).message}`);
    }
  }
});

const claims: [string, (bytes: Buffer) => void][] = [
  ['tensors', (bytes) => bytes.writeBigUInt64LE(1n << 60n, 8)],
  ['metadata entries', (bytes) => bytes.writeBigUInt64LE(1n << 50n, 16)],
  ['bytes in a key', (bytes) => bytes.writeBigUInt64LE(1n << 42n, 24)],
  ['items in an array', (bytes) => bytes.writeBigUInt64LE(1n << 44n, bytes.indexOf('tokens') + 6 + 8)],
];
for (const [what, damage] of claims) {
  test(`a claim of terabytes of ${what} is refused without allocating`, () => {
    const bytes = Buffer.from(good);
    damage(bytes);
    assert.throws(() => openGguf(file(bytes)), { kind: 'bad-file', message: /more than a file of/u });
  });
}

test('an unknown weight type is named, beside those that are read', () => {
  const bytes = ggufFile({}, [{ name: 'w', shape: [256], type: 10, bytes: new Uint8Array(84) }]);
  assert.throws(() => openGguf(file(bytes)), { kind: 'unsupported', message: /Q2_K.*Q4_K/u });
});

test('a row that does not fill whole blocks is refused', () => {
  assert.throws(() => openGguf(file(ggufFile({}, [{ name: 'w', shape: [4, 24], type: 8, bytes: new Uint8Array(102) }]))), { kind: 'bad-file' });
});

test('other files and missing files are refused by kind', () => {
  assert.throws(() => openGguf(file(Buffer.from('{"not": "a gguf file", "at": "all"}'))), { kind: 'bad-file' });
  assert.throws(() => openGguf(join(folder, 'none.gguf')), { kind: 'not-found' });
  const v1 = Buffer.from(good);
  v1.writeUInt32LE(1, 4);
  assert.throws(() => openGguf(file(v1)), { kind: 'unsupported' });
});

test('tensors larger than one chunk are read whole', () => {
  const values = Float32Array.from({ length: (1 << 20) + 64 }, (_, i) => i);
  const gguf = openGguf(file(ggufFile({}, [f32Tensor('big', [values.length], values)])));
  assert.deepEqual(gguf.readFloat32('big'), values);
  gguf.close();
});
