import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import { test } from 'node:test';
import { entryPath, isBundled } from '../../../src/engine/entry.ts';

test('from the sources, entries are the TypeScript files', () => {
  assert.equal(isBundled(), false);
  assert.ok(existsSync(entryPath('engine')));
  assert.ok(entryPath('engine').endsWith(['src', 'engine', 'process.ts'].join(sep)));
  assert.ok(existsSync(entryPath('resources')) || existsSync(entryPath('root')));
});

test('of a packed app, what a plain Node runs or reads lies beside the archive', () => {
  const from = 'file:///opt/Loupe/resources/app.asar/out/main/index.js';
  assert.equal(entryPath('engine', from), ['', 'opt', 'Loupe', 'resources', 'app.asar.unpacked', 'out', 'engine', 'process.js'].join(sep));
  assert.match(entryPath('root', from), /app\.asar\.unpacked[\\/]$/);
  assert.match(entryPath('renderer', from), /app\.asar[\\/]out[\\/]renderer$/);
  assert.match(entryPath('preload', from), /app\.asar[\\/]out/);
  // Code that was loaded from the unpacked folder stays there.
  assert.match(entryPath('engine', from.replace('app.asar', 'app.asar.unpacked')), /resources[\\/]app\.asar\.unpacked[\\/]out/);
});

test('from any bundle one folder below out, entries are the bundles', () => {
  for (const from of ['file:///app/out/chunks/a.js', 'file:///app/out/main/index.js', 'file:///app/out/cli/loupe.js']) {
    assert.equal(entryPath('engine', from), ['', 'app', 'out', 'engine', 'process.js'].join(sep));
    assert.equal(entryPath('catalog-worker', from), ['', 'app', 'out', 'catalog', 'worker.js'].join(sep));
    assert.equal(entryPath('resources', from), ['', 'app', 'resources'].join(sep));
  }
});
