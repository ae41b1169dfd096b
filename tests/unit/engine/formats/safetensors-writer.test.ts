import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSafetensors, openSafetensorsWriter } from '../../../../src/engine/formats/safetensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-safetensors-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const specs = [
  { name: 'a', dtype: 'F16', shape: [2, 2] },
  { name: 'b', dtype: 'I32', shape: [3] },
] as const;

test('pieces written in any order make the file; nothing is there before finish', () => {
  const path = join(folder, 'pieces.safetensors');
  const writer = openSafetensorsWriter(path, specs, { origin: 'test' });
  writer.write('b', new Int32Array([1]));
  writer.write('a', new Float32Array([3, 4]), 2);
  writer.write('b', new Int32Array([2, 3]));
  writer.write('a', new Float32Array([1, 2]), 0);
  assert.equal(existsSync(path), false);
  assert.equal(writer.finish(), statSync(path).size);
  const file = openSafetensors(path);
  assert.deepEqual([...file.readFloat32('a')], [1, 2, 3, 4]);
  assert.deepEqual([...file.readInt32('b')], [1, 2, 3]);
  assert.equal(file.metadata['origin'], 'test');
  file.close();
});

test('an unfinished file is refused at finish and leaves what was there', () => {
  const path = join(folder, 'kept.safetensors');
  writeFileSync(path, 'old');
  const writer = openSafetensorsWriter(path, specs);
  writer.write('a', new Float32Array(4));
  assert.throws(() => writer.finish(), { kind: 'defect' });
  assert.equal(statSync(path).size, 3);
  assert.throws(() => writer.write('b', new Int32Array(3)), { kind: 'disposed' });
});

test('abort leaves nothing behind', () => {
  const writer = openSafetensorsWriter(join(folder, 'aborted.safetensors'), specs);
  writer.abort();
  writer.abort();
  assert.deepEqual(readdirSync(folder).filter((name) => name.includes('aborted') || name.includes('partial')), []);
});

test('values that do not fit their tensor are refused', () => {
  const writer = (): ReturnType<typeof openSafetensorsWriter> => openSafetensorsWriter(join(folder, 'bad.safetensors'), specs);
  assert.throws(() => writer().write('b', new Float32Array(3)), { kind: 'defect' });
  assert.throws(() => writer().write('b', new Int32Array(4)), { kind: 'defect' });
  assert.throws(() => writer().write('c', new Int32Array(4)), { kind: 'defect' });
});

test('the data starts at a multiple of 8 bytes', () => {
  const path = join(folder, 'aligned.safetensors');
  const writer = openSafetensorsWriter(path, [{ name: 'odd-name', dtype: 'U8', shape: [1] }]);
  writer.write('odd-name', new Uint8Array([1]));
  writer.finish();
  const file = openSafetensors(path);
  assert.equal(file.entries.get('odd-name')!.offset % 8, 0);
  file.close();
});
