import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolderAtomic, writeFileAtomic, writeFileWith, writeJsonAtomic } from '../../../../src/engine/files/atomic.ts';

const folder = mkdtempSync(join(tmpdir(), 'loupe-atomic-'));
after(() => rmSync(folder, { recursive: true }));

test('a file is replaced whole', () => {
  const path = join(folder, 'a.json');
  writeJsonAtomic(path, { a: 1 });
  writeFileAtomic(path, '{"a":', new TextEncoder().encode('2}'));
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { a: 2 });
});

test('an error while writing leaves the old file and nothing beside it', () => {
  const path = join(folder, 'b.txt');
  writeFileSync(path, 'good');
  assert.throws(() => writeFileWith(path, () => { throw new Error('disk'); }), /disk/);
  assert.equal(readFileSync(path, 'utf8'), 'good');
  assert.deepEqual(readdirSync(folder).filter((name) => name.includes('partial')), []);
});

test('a folder appears only when it is filled', () => {
  assert.throws(() => makeFolderAtomic(join(folder, 'c'), () => { throw new Error('half'); }), /half/);
  assert.ok(!readdirSync(folder).includes('c'));
  makeFolderAtomic(join(folder, 'c'), (aside) => writeFileSync(join(aside, 'x'), 'x'));
  assert.deepEqual(readdirSync(join(folder, 'c')), ['x']);
});
