import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isAlive, withLock } from '../../../scripts/setup/lock.mjs';

describe('lock files', () => {
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'loupe-lock-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  it('lets one piece of work run at a time', async () => {
    const path = join(folder, 'one.lock');
    let inside = 0;
    let most = 0;
    const work = () =>
      withLock(path, async () => {
        most = Math.max(most, (inside += 1));
        await new Promise((settle) => setTimeout(settle, 5));
        inside -= 1;
      }, { pollMs: 1 });
    await Promise.all(Array.from({ length: 8 }, work));
    assert.equal(most, 1);
    assert.equal(existsSync(path), false);
  });

  it('lets one process at a time increment a counter, of five that try', async () => {
    const path = join(folder, 'processes.lock');
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const module = new URL('../../../scripts/setup/lock.mjs', import.meta.url).href;
    const program = `import { withLock } from ${JSON.stringify(module)}; import { readFileSync, writeFileSync } from 'node:fs';
      for (let i = 0; i < 20; i += 1) await withLock(process.argv[1], async () => {
        const n = Number(readFileSync(process.argv[2], 'utf8'));
        await new Promise((settle) => setTimeout(settle, 1));
        writeFileSync(process.argv[2], String(n + 1));
      }, { pollMs: 2 });`;
    const start = () =>
      new Promise((settle) => spawn(process.execPath, ['--input-type=module', '-e', program, path, counter], { stdio: 'inherit' }).on('close', settle));
    assert.deepEqual(await Promise.all([start(), start(), start(), start(), start()]), [0, 0, 0, 0, 0]);
    assert.equal(readFileSync(counter, 'utf8'), '100');
  });

  it('takes over the lock of a process that has died', async () => {
    const path = join(folder, 'dead.lock');
    const pid = deadPid();
    assert.equal(isAlive(pid), false);
    writeFileSync(path, JSON.stringify({ pid, host: hostname() }));
    assert.equal(await withLock(path, async () => 'done', { pollMs: 1 }), 'done');
    assert.equal(existsSync(path), false);
  });

  it('waits for a living owner and says whose lock it is', async () => {
    const path = join(folder, 'living.lock');
    writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname() }));
    let owner;
    const waiting = withLock(path, async () => 'done', {
      pollMs: 1,
      onWait: (found) => {
        owner = found.pid;
        rmSync(path);
      },
    });
    assert.equal(await waiting, 'done');
    assert.equal(owner, process.pid);
  });

  it('takes over a lock of another host only when it is old', async () => {
    const path = join(folder, 'foreign.lock');
    writeFileSync(path, JSON.stringify({ pid: 1, host: 'another-host' }));
    const old = new Date(Date.now() - 3 * 60 * 60 * 1000);
    utimesSync(path, old, old);
    assert.equal(await withLock(path, async () => 'done', { pollMs: 1 }), 'done');
  });

  it('is released when the work fails', async () => {
    const path = join(folder, 'fail.lock');
    await assert.rejects(withLock(path, async () => Promise.reject(new Error('no'))), /no/);
    assert.equal(existsSync(path), false);
  });
});
