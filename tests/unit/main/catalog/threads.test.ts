import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateCatalog } from '../../../../bench/generate-catalog.ts';
import { closeEverywhere, read, runAlone, setSlowQueryLog, stopThreads, write } from '../../../../src/main/catalog/threads.ts';
import { LoupeError } from '../../../../src/shared/errors.ts';

let folder: string;
let path: string;

before(() => {
  setSlowQueryLog(() => {});
  folder = mkdtempSync(join(tmpdir(), 'loupe-threads-'));
  path = join(folder, 'c.loupe');
  generateCatalog(path, { features: 20, contexts: 10, contextLength: 64, vocabulary: 100, labelled: 0 });
});

after(async () => {
  await stopThreads();
  rmSync(folder, { recursive: true, force: true });
});

test('many questions at once are all answered, each with its own answer', async () => {
  const indices = Array.from({ length: 60 }, (_, i) => i % 20);
  const pages = await Promise.all(indices.map((index) => read(path, 'feature', { source: 1, index })));
  assert.deepEqual(pages.map(({ index }) => index), indices);
});

test('reads see a write as soon as it has been answered', async () => {
  for (let i = 0; i < 10; i++) {
    await write(path, 'setLabel', { source: 1, index: 0, text: `label ${i}`, author: '', kind: 'manual', confidence: null, notes: '' });
    const { label } = await read(path, 'feature', { source: 1, index: 0 });
    assert.equal(label!.text, `label ${i}`);
  }
});

test('an error keeps its kind and message across the thread', async () => {
  await assert.rejects(read(path, 'feature', { source: 8, index: 0 }), (error: unknown) => error instanceof LoupeError && error.kind === 'not-found' && /source 8/.test(error.message));
});

test('after the threads are gone, the next question starts them again', async () => {
  await stopThreads();
  assert.equal((await read(path, 'feature', { source: 1, index: 3 })).index, 3);
});

test('what is closed can be replaced and is read anew', async () => {
  const other = join(folder, 'other.loupe');
  generateCatalog(other, { features: 7, contexts: 10, contextLength: 64, vocabulary: 100, seed: 9 });
  await closeEverywhere(path);
  copyFileSync(other, path);
  assert.equal((await read(path, 'info', null)).sources[0]!.features, 7);
  assert.equal((await runAlone(path, 'verify', { openHere: false })).ok, true);
});

test('threads that were started ahead keep no process alive', () => {
  const script = `import { warmThreads } from ${JSON.stringify(new URL('../../../../src/main/catalog/threads.ts', import.meta.url).href)};
    warmThreads(); console.log('started');`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000, encoding: 'utf8' });
  assert.deepEqual([status, stdout.trim()], [0, 'started']);
});

test('idle threads keep no process alive', () => {
  const script = `import { read } from ${JSON.stringify(new URL('../../../../src/main/catalog/threads.ts', import.meta.url).href)};
    await read(${JSON.stringify(path)}, 'info', null); console.log('answered');`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 30_000, encoding: 'utf8' });
  assert.deepEqual([status, stdout.trim()], [0, 'answered']);
});
