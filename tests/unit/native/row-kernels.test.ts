import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { absent } from '../../support/backend.ts';

const files = ['top-k', 'sparse-codes', 'sparse-decode', 'row-update', 'adam', 'matching-pursuit'].map((name) => resolve(import.meta.dirname, `../engine/ops/${name}.test.ts`));

// The suites of the ops use the fastest kernels that this processor has; here they run on the others.
for (const isa of ['baseline', 'avx2']) {
  test(`the ops agree with their twins on the ${isa} kernels`, { skip: await absent('tensorflow') }, () => {
    const env = { ...process.env, LOUPE_ISA: isa, NODE_TEST_CONTEXT: undefined };
    const args = ['--test', '--test-name-pattern=native|selects|by hand', ...files];
    const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 55_000 });
    assert.equal(status, 0, stdout);
    assert.match(stdout, /pass [1-9]/);
  });
}
