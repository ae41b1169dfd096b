import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeZip } from '../../../../src/engine/formats/zip-writer.ts';
import { openZip } from '../../../../src/engine/formats/zip.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('what is written is read back, each member at a multiple of 64 bytes; equal contents give equal files', (t) => {
  const folder = temporaryFolder(t);
  const parts = [{ name: 'a/é', data: Buffer.from('one') }, { name: 'empty', data: Buffer.alloc(0) }, { name: 'long', data: Buffer.alloc(1000, 7) }];
  for (const name of ['1.zip', '2.zip']) writeZip(join(folder, name), parts);
  const zip = openZip(join(folder, '1.zip'));
  for (const { name, data } of parts) assert.deepEqual(Buffer.from(zip.read(name)), data);
  zip.close();
  const bytes = readFileSync(join(folder, '1.zip'));
  for (const { data } of parts.filter((part) => part.data.length > 0)) assert.equal(bytes.indexOf(data) % 64, 0);
  assert.deepEqual(bytes, readFileSync(join(folder, '2.zip')));
});

test('more than 4 GB are refused, and nothing is left behind', (t) => {
  const folder = temporaryFolder(t);
  const huge = { byteLength: 2 ** 32 } as Uint8Array;
  assert.throws(() => writeZip(join(folder, 'a.zip'), [{ name: 'a', data: huge }]), { kind: 'unsupported', message: /4 GB/ });
  assert.deepEqual(readdirSync(folder), []);
});
