import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockStore } from '../../../../src/engine/store/lock.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

test('a lock is held once and given back', (t) => {
  const folder = temporaryFolder(t);
  const unlock = lockStore(folder);
  assert.throws(() => lockStore(folder), { kind: 'locked' });
  unlock();
  unlock();
  assert.equal(existsSync(join(folder, 'writer.lock')), false);
  lockStore(folder)();
});

test('a lock of a process that is gone, or that makes no sense, is taken over', (t) => {
  const folder = temporaryFolder(t);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(join(folder, 'writer.lock'), JSON.stringify({ pid, host: hostname() }));
  lockStore(folder)();
  writeFileSync(join(folder, 'writer.lock'), 'junk');
  lockStore(folder)();
});

test('a lock of a living process, or of another machine, is respected', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'writer.lock'), JSON.stringify({ pid: process.ppid, host: hostname() }));
  assert.throws(() => lockStore(folder), { kind: 'locked', message: new RegExp(`process ${process.ppid}`) });
  writeFileSync(join(folder, 'writer.lock'), JSON.stringify({ pid: 1, host: 'elsewhere' }));
  assert.throws(() => lockStore(folder), { kind: 'locked' });
});
