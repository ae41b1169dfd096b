import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { doctorReport } from '../../../../src/main/doctor/report.ts';

describe("the doctor's report", () => {
  it('tries every backend afresh and uses the first that works; without set-up that is wasm', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'loupe-doctor-'));
    try {
      const report = await doctorReport({ workspace: '/some/where', env: { LOUPE_CACHE: cache, PATH: '' } });
      assert.deepEqual(report.backends.map(({ backend }) => backend), ['tensorflow', 'wasm', 'cpu']);
      assert.equal(report.backend, report.backends.find(({ ok }) => ok)?.backend);
      assert.equal(report.missing[0]?.part, 'set-up');
      assert.equal(report.tools.compiler.path, null);
      assert.equal(report.workspace.path, '/some/where');
      assert.deepEqual(Object.keys(report.settings), ['LOUPE_CACHE']);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });

  it('uses the backend that LOUPE_BACKEND names, where it works', async () => {
    const report = await doctorReport({ env: { ...process.env, LOUPE_BACKEND: 'cpu' } });
    assert.equal(report.backend, 'cpu');
  });
});
