import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { bornAt, lockPath, lockWorkspace, readOwner } from '../../../../src/main/workspace/lock.ts';
import type { LoupeError } from '../../../../src/shared/errors.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'loupe-lock-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const moduleUrl = new URL('../../../../src/main/workspace/lock.ts', import.meta.url).href;

test('the second to lock is refused, with the process named, until the first lets go', (t) => {
  const workspace = folder(t);
  const lock = lockWorkspace(workspace, 'secret');
  assert.throws(() => lockWorkspace(workspace, 'other'), (e: LoupeError) => e.kind === 'locked' && e.message.includes(String(process.pid)));
  lock.publish(4321);
  assert.equal(readOwner(workspace)?.port, 4321);
  assert.equal(readOwner(workspace)?.token, 'secret');
  assert.equal(statSync(lockPath(workspace)).mode & 0o777, 0o600);
  lock.release();
  assert.equal(readOwner(workspace), null);
  lockWorkspace(workspace, 'other').release();
  assert.ok(!existsSync(lockPath(workspace)));
});

test('a lock whose process has ended is taken over', (t) => {
  const workspace = folder(t);
  const code = `import { lockWorkspace } from ${JSON.stringify(moduleUrl)}; lockWorkspace(${JSON.stringify(workspace)}, 'dead'); process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['--input-type=module', '-e', code]);
  assert.ok(existsSync(lockPath(workspace)));
  assert.equal(readOwner(workspace), null);
  const lock = lockWorkspace(workspace, 'mine');
  assert.equal(readOwner(workspace)?.pid, process.pid);
  lock.release();
});

test('a process id that was given to somebody else does not hold a lock', { skip: bornAt(process.pid) === null && 'this system does not tell when a process began' }, (t) => {
  const workspace = folder(t);
  const owner = { pid: process.pid, host: hostname(), born: '1', startedAt: 'then', port: null, token: 'x' };
  writeFileSync(lockPath(workspace), JSON.stringify(owner));
  assert.equal(readOwner(workspace), null);
  lockWorkspace(workspace, 'mine').release();
});

test('a broken lock file is taken over; one of another machine is not', (t) => {
  const workspace = folder(t);
  writeFileSync(lockPath(workspace), '{"pid": 1');
  lockWorkspace(workspace, 'mine').release();
  writeFileSync(lockPath(workspace), JSON.stringify({ pid: 1, host: 'elsewhere', born: null, startedAt: 'then', port: null, token: 'x' }));
  assert.throws(() => lockWorkspace(workspace, 'mine'), (e: LoupeError) => e.kind === 'locked' && e.message.includes('elsewhere'));
});

test('of eight processes that take over a dead lock at once, exactly one gets it', async (t) => {
  const workspace = folder(t);
  writeFileSync(lockPath(workspace), JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), born: '1', startedAt: 'then', port: null, token: 'dead' }));
  const code = `import { lockWorkspace } from ${JSON.stringify(moduleUrl)};
    try { lockWorkspace(${JSON.stringify(workspace)}, String(process.pid)); console.log('got'); } catch (e) { console.log(e.kind); }
    process.stdin.on('end', () => process.exit()).resume();`;
  const children = Array.from({ length: 8 }, () => spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }));
  const answers = await Promise.all(children.map((child) => new Promise<string>((resolve) => child.stdout.once('data', (d: Buffer) => resolve(String(d).trim())))));
  for (const child of children) child.stdin.end();
  assert.deepEqual(answers.toSorted(), ['got', ...Array.from({ length: 7 }, () => 'locked')]);
});
