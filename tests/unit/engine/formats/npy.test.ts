import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encodeFloat16 } from '../../../../src/engine/formats/float16.ts';
import { openNpy, parseNpyHeader, type NpyFile } from '../../../../src/engine/formats/npy.ts';
import { npyBytes } from '../../../support/npy.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

function opened(t: TestContext, bytes: Uint8Array): NpyFile {
  const path = join(temporaryFolder(t), 'a.npy');
  writeFileSync(path, bytes);
  const file = openNpy(path);
  t.after(() => file.close());
  return file;
}

test('float arrays of every width are read by slices as float32', (t) => {
  const values = Float32Array.of(0, 0.5, -2, 1024);
  for (const [descr, data] of [['<f4', values], ['<f8', Float64Array.from(values)], ['<f2', encodeFloat16(values)]] as const) {
    const file = opened(t, npyBytes(descr, [2, 2], data));
    assert.deepEqual(file.shape, [2, 2]);
    assert.deepEqual([...file.readFloat32(1, 2)], [0.5, -2]);
    assert.throws(() => file.readInt32(0, 1), { kind: 'mismatch' });
  }
});

test('integer arrays are read as int32, and what does not fit is refused', (t) => {
  assert.deepEqual([...opened(t, npyBytes('<i4', [3], Int32Array.of(7, 8, 9))).readInt32(1, 2)], [8, 9]);
  const wide = opened(t, npyBytes('<i8', [2], BigInt64Array.of(5n, 2n ** 31n)));
  assert.deepEqual([...wide.readInt32(0, 1)], [5]);
  assert.throws(() => wide.readInt32(0, 2), { kind: 'bad-file', message: /2147483648/ });
  assert.throws(() => wide.readFloat32(0, 1), { kind: 'mismatch' });
});

test('a header of the form that NumPy writes is understood', () => {
  assert.deepEqual(parseNpyHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }   \n", 'p'), { dtype: '<f4', shape: [5] });
  assert.throws(() => parseNpyHeader("{'descr': '|O', 'fortran_order': False, 'shape': (5,), }", 'p'), { kind: 'unsupported', message: /\|O/ });
  assert.throws(() => parseNpyHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (5,), }", 'p'), { kind: 'unsupported', message: /columns/ });
  assert.throws(() => parseNpyHeader("{'shape': (5,)}", 'p'), { kind: 'bad-file' });
});

test('lies about lengths are caught by the size of the file', (t) => {
  const whole = npyBytes('<f4', [4], new Float32Array(4));
  assert.throws(() => opened(t, whole.subarray(0, whole.length - 1)), { kind: 'bad-file', message: /needs 16 bytes of data and there are 15/ });
  assert.throws(() => opened(t, npyBytes('<f4', [999_999_999, 999_999], new Float32Array(4))), { kind: 'bad-file' });
  assert.throws(() => opened(t, npyBytes('<f4', [1e300], new Float32Array(4))), { kind: 'bad-file' });
  const long = Buffer.from(whole);
  long.writeUInt16LE(60_000, 8);
  assert.throws(() => opened(t, long), { kind: 'bad-file', message: /header claims 60000/ });
  for (const bytes of [Buffer.alloc(0), Buffer.from('\x93NUM'), Buffer.from('something else entirely')]) assert.throws(() => opened(t, bytes), { kind: 'bad-file' });
  assert.throws(() => openNpy(join(temporaryFolder(t), 'none.npy')), { kind: 'not-found' });
});
