import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import { isZip, openZip } from '../../../../src/engine/formats/zip.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { zipBytes } from '../../../support/zip-file.mjs';

const hello = Buffer.from('hello hello hello hello');

function file(t: TestContext, bytes: Buffer): string {
  const path = join(temporaryFolder(t), 'a.zip');
  writeFileSync(path, bytes);
  return path;
}

function two(): Buffer {
  return zipBytes([{ name: 'a/stored', data: hello, method: 'stored' }, { name: 'a/deflated', data: hello, method: 'deflated' }]);
}

/** An archive of one stored member, all of whose sizes and places stand in ZIP64 fields. */
function zip64(data: Buffer): Buffer {
  const local = Buffer.alloc(30 + 1 + 20);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt32LE(crc32(data), 14);
  local.fill(0xff, 18, 26);
  local.writeUInt16LE(1, 26);
  local.writeUInt16LE(20, 28);
  local.write('m', 30);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(data.length), 4);
  extra.writeBigUInt64LE(BigInt(data.length), 12);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt32LE(crc32(data), 16);
  entry.fill(0xff, 20, 28);
  entry.writeUInt16LE(1, 28);
  entry.writeUInt16LE(28, 30);
  entry.fill(0xff, 42, 46);
  const directory = Buffer.concat([entry, Buffer.from('m'), extra]);
  const offset = local.length + data.length;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(1n, 32);
  end64.writeBigUInt64LE(BigInt(directory.length), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + directory.length), 8);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(0, 20);
  return Buffer.concat([local, data, directory, end64, locator, end]);
}

test('stored and deflated members are read, and those of ZIP64', (t) => {
  const path = file(t, two());
  assert.ok(isZip(path));
  const zip = openZip(path);
  for (const name of ['a/stored', 'a/deflated']) {
    assert.equal(Buffer.from(zip.read(name)).toString(), hello.toString());
    assert.equal(zip.members.get(name)?.size, hello.length);
  }
  assert.throws(() => zip.read('a/storde'), { kind: 'not-found', message: /nearest is a\/stored/ });
  zip.close();
  const wide = openZip(file(t, zip64(hello)));
  assert.equal(Buffer.from(wide.read('m')).toString(), hello.toString());
  wide.close();
  assert.equal(isZip(file(t, Buffer.from('plain'))), false);
});

test('an archive cut off at any byte is refused', (t) => {
  const bytes = two();
  const path = file(t, bytes);
  for (let length = 0; length < bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    assert.throws(() => openZip(path), { kind: 'bad-file' }, `${length} bytes`);
  }
});

test('bombs are refused before anything is unpacked', (t) => {
  const claims = (size: number): Buffer => zipBytes([{ name: 'm', data: hello, method: 'deflated', claims: { size } }]);
  assert.throws(() => openZip(file(t, claims(1 << 30))), { kind: 'bad-file', message: /claims to unpack to 1073741824/ });
  const many = Array.from({ length: 9 }, (_, i) => ({ name: `m${i}`, data: hello, method: 'deflated' as const, claims: { size: 8 << 20 } }));
  assert.throws(() => openZip(file(t, zipBytes(many))), { kind: 'bad-file', message: /claims to unpack/ });
  const shared = zipBytes([{ name: 'a', data: hello, method: 'stored' }, { name: 'b', data: hello, method: 'stored', claims: { offset: 4 } }]);
  assert.throws(() => openZip(file(t, shared)), { kind: 'bad-file', message: /overlap/ });
});

test('members that are not what the directory says are refused', (t) => {
  const read = (bytes: Buffer): void => {
    const zip = openZip(file(t, bytes));
    try {
      zip.read('m');
    } finally {
      zip.close();
    }
  };
  const member = (claims: object, method: 'stored' | 'deflated' = 'deflated'): Buffer => zipBytes([{ name: 'm', data: hello, method, claims }]);
  assert.throws(() => read(member({ crc: 1 })), { kind: 'bad-file', message: /CRC-32/ });
  assert.throws(() => read(member({ size: hello.length - 1 })), { kind: 'bad-file', message: /does not unpack to the 22 bytes/ });
  assert.throws(() => read(member({ size: hello.length + 1 })), { kind: 'bad-file', message: /unpacks to 23 bytes, not 24/ });
  assert.throws(() => read(member({ size: 9 }, 'stored')), { kind: 'bad-file', message: /stored and has two sizes/ });
  assert.throws(() => read(member({ compressedSize: 5000 })), { kind: 'bad-file', message: /cut off/ });
  assert.throws(() => read(member({ offset: 2 })), { kind: 'bad-file', message: /cut off|does not begin/ });
  assert.throws(() => openZip(file(t, zipBytes([{ name: 'm', data: hello }, { name: 'm', data: hello }]))), { kind: 'bad-file', message: /two members "m"/ });
});

test('encrypted and unknown compression are unsupported', (t) => {
  const flagged = (at: number, value: number): Buffer => {
    const bytes = two();
    const entry = bytes.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
    bytes.writeUInt16LE(value, entry + at);
    return bytes;
  };
  assert.throws(() => openZip(file(t, flagged(8, 1))), { kind: 'unsupported', message: /encrypted/ });
  assert.throws(() => openZip(file(t, flagged(10, 12))), { kind: 'unsupported', message: /method 12/ });
});
