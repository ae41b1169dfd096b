import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ensureComponent, parseSteps } from '../../../scripts/components.mjs';

describe('components', () => {
  it('installs the parity requirements in steps: torch alone first, the last without dependencies', () => {
    const steps = parseSteps(readFileSync(new URL('../../parity/requirements.txt', import.meta.url), 'utf8'));
    assert.deepEqual(steps[0].packages, ['torch==2.13.0']);
    assert.deepEqual(steps.at(-1).options, ['--no-deps']);
    for (const { packages } of steps) for (const line of packages) assert.match(line, /^[\w-]+==[\d.]+$/);
  });

  it('refuses a package that belongs to no step', () => {
    assert.throws(() => parseSteps('torch==1\n# step: a\n'), /"torch==1" stands before/);
  });

  it('names the known ones for an unknown name, and the cure where Python is absent', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'loupe-components-'));
    try {
      await assert.rejects(ensureComponent('nope', { cache }), /unknown component "nope": use parity-venv, sentence-encoder/);
      await assert.rejects(ensureComponent('parity-venv', { cache, env: { PATH: '' } }), /there is no python3; install python3 with venv/);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
