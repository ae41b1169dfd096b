import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { absent } from '../../support/backend.ts';

const script = resolve(import.meta.dirname, '../../support/kernel-digest.ts');

test('the native ops of sparse training give the same bits on one and on two threads', { skip: await absent('tensorflow') }, () => {
  const digests = ['1', '2'].map((threads) => {
    const env = { ...process.env, LOUPE_THREADS: threads, NODE_TEST_CONTEXT: undefined };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8', timeout: 55_000 });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  });
  assert.match(digests[0]!, /^[0-9a-f]{64}$/);
  assert.equal(digests[0], digests[1]);
});
