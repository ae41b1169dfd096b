import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { bundleOf, scrubText, writeBundle } from '../../../../src/main/doctor/bundle.ts';
import { reportFixture } from '../../../support/doctor-report.ts';

const person = { home: '/home/ada', user: 'ada', host: 'analytical-engine' };

describe('the diagnostics file', () => {
  it('keeps the last part of a path and nothing before it', () => {
    assert.equal(scrubText('the addon /home/ada/.cache/x/addon.node does not load', person), 'the addon <addon.node> does not load');
    assert.equal(scrubText('in /opt/other-program/lib/a.so: no', person), 'in <a.so>: no');
    assert.equal(scrubText('C:\\Users\\ada\\x.dll is gone', person), '<x.dll> is gone');
  });

  it('keeps no name of a user or of a machine', () => {
    assert.equal(scrubText('analytical-engine ran as ada', person), '- ran as -');
  });

  it('leaves ordinary text alone', () => {
    assert.equal(scrubText('27 GFLOP/s, one thread; run: npm run setup', person), '27 GFLOP/s, one thread; run: npm run setup');
  });

  it('holds no path of the report: not of programs, folders, settings or reasons', () => {
    const report = reportFixture();
    const text = JSON.stringify(bundleOf(report));
    for (const secret of ['/usr/bin', '/home/', 'secret-project', '.cache', 'python3"']) assert.ok(!text.includes(secret), secret);
    const bundle = bundleOf(report) as Record<string, Record<string, unknown>>;
    assert.deepEqual(bundle['tools']?.['python'], { found: true, version: 'Python 3.11.7' });
    assert.deepEqual(bundle['settings'], { LOUPE_THREADS: '4', LOUPE_WORKSPACE: 'set' });
    assert.equal(bundle['workspace']?.['writable'], true);
  });

  it('is written whole, as JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'loupe-bundle-'));
    try {
      const path = join(folder, 'diagnostics.json');
      await writeBundle(reportFixture(), path);
      assert.equal((JSON.parse(readFileSync(path, 'utf8')) as { format: string }).format, 'loupe-diagnostics-1');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
