import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { folderAtomic, writeAtomic } from '../../../scripts/setup/atomic.mjs';

describe('files and folders that appear whole', () => {
  let root;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'loupe-atomic-'))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const fill = (text) => async (folder) => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'a'), text);
  };

  it('replace what was there and leave nothing beside it', async () => {
    const folder = join(root, 'runtime');
    await folderAtomic(folder, fill('one'));
    mkdirSync(join(root, 'runtime.999999.part'));
    await folderAtomic(folder, fill('two'));
    writeAtomic(join(root, 'sub', 'b.json'), '{}');
    assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'two');
    assert.deepEqual(readdirSync(root).sort(), ['runtime', 'sub']);
    assert.deepEqual(readdirSync(join(root, 'sub')), ['b.json']);
  });

  it('leave the old folder when filling fails', async () => {
    const folder = join(root, 'runtime');
    await folderAtomic(folder, fill('one'));
    const failing = async (aside) => {
      await fill('half')(aside);
      throw new Error('disk full');
    };
    await assert.rejects(folderAtomic(folder, failing), /disk full/);
    assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'one');
    assert.equal(existsSync(`${folder}.${process.pid}.part`), false);
  });
});
