import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkHeader } from '../../../../src/main/catalog/header.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-header-'));
const path = join(folder, 'x.loupe');
after(() => rmSync(folder, { recursive: true }));

/** A header of a file of two pages of 512 bytes, with what a case changes. */
function write(change: (header: Buffer) => void, bytes = 1024): void {
  const header = Buffer.alloc(bytes);
  header.write('SQLite format 3\0', 0, 'latin1');
  header.writeUInt16BE(512, 16);
  header[18] = header[19] = 1;
  header.writeUInt32BE(2, 28);
  header.write('LOUP', 68, 'latin1');
  change(header);
  writeFileSync(path, header);
  rmSync(`${path}-journal`, { force: true });
}

const refused = (words: RegExp, foreign = false): void => assert.throws(() => checkHeader(path, foreign), (error: unknown) => error instanceof LoupeError && error.kind === 'bad-file' && words.test(error.message));

test('a whole header passes, from anyone', () => {
  write(() => {});
  checkHeader(path, false);
  checkHeader(path, true);
});

test('another magic, another program, a missing page', () => {
  write((header) => header.write('SQLite format 4'));
  refused(/not an SQLite file/);
  write((header) => header.writeUInt32BE(0, 68));
  refused(/no Loupe catalog/);
  write((header) => header.writeUInt32BE(3, 28));
  refused(/it has 1024 of 1536 bytes/);
});

test('page size 1 means 65,536', () => {
  write((header) => header.writeUInt16BE(1, 16));
  refused(/1024 of 131072 bytes/);
});

test('an open session is believed of our own files only', () => {
  write((header) => { header[18] = header[19] = 2; });
  checkHeader(path, false);
  refused(/not closed/, true);
  write((header) => header.writeUInt32BE(9, 28));
  writeFileSync(`${path}-journal`, 'pages');
  checkHeader(path, false);
  refused(/journal/, true);
});
