import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { cacheRoot, stampPath } from '../../../scripts/setup/paths.mjs';
import { describeProgress } from '../../../scripts/setup/progress.mjs';
import { currentStamp, fingerprint, measure, writeStamp } from '../../../scripts/setup/stamp.mjs';

describe("set-up's stamp", () => {
  let root;
  let cache;
  let library;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'loupe-stamp-'));
    cache = join(root, 'cache');
    mkdirSync(join(root, 'native'));
    mkdirSync(join(root, 'node_modules'));
    for (const file of ['package-lock.json', 'native/a.cc', 'node_modules/.loupe-lock']) writeFileSync(join(root, file), 'x');
    library = join(root, 'library.so');
    writeFileSync(library, 'four');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const choices = { gpu: false, compiler: '/usr/bin/g++' };
  const write = (missing = []) =>
    writeStamp(cache, root, { fingerprint: fingerprint(root, choices), artefacts: {}, files: measure([library]), missing });
  const isCurrent = (chosen = choices, now = Date.now()) => currentStamp(cache, root, fingerprint(root, chosen), now) !== undefined;

  it('means that nothing has to be done', () => {
    assert.equal(isCurrent(), false);
    write();
    assert.equal(isCurrent(), true);
  });

  it('does not hold after a source, a choice or a tool has changed', () => {
    write();
    assert.equal(isCurrent({ ...choices, gpu: true }), false);
    assert.equal(isCurrent({ ...choices, compiler: undefined }), false);
    appendFileSync(join(root, 'native', 'a.cc'), 'y');
    assert.equal(isCurrent(), false);
  });

  it('does not hold after an artefact was cut short or removed', () => {
    write();
    truncateSync(library, 3);
    assert.equal(isCurrent(), false);
    write();
    rmSync(library);
    assert.equal(isCurrent(), false);
  });

  it('does not hold after node_modules was deleted', () => {
    write();
    rmSync(join(root, 'node_modules'), { recursive: true });
    assert.equal(isCurrent(), false);
  });

  it('lets what failed for want of a network be tried again after an hour, and what the machine lacks not', () => {
    const hour = 60 * 60 * 1000;
    write([{ part: 'tensorflow', reason: 'no network', cure: '', passing: true }]);
    assert.equal(isCurrent(choices, Date.now() + hour / 2), true);
    assert.equal(isCurrent(choices, Date.now() + 2 * hour), false);
    write([{ part: 'tensorflow', reason: 'no compiler', cure: '', passing: false }]);
    assert.equal(isCurrent(choices, Date.now() + 2 * hour), true);
  });

  it('is one per checkout in a shared cache', () => {
    assert.notEqual(stampPath(cache, '/a'), stampPath(cache, '/b'));
    assert.equal(cacheRoot({ LOUPE_CACHE: '/x' }), '/x');
    assert.equal(cacheRoot({ XDG_CACHE_HOME: '/y' }, 'linux'), join('/y', 'loupe'));
  });
});

describe('progress', () => {
  it('says sizes, rate and time left', () => {
    // 50 of 250 MB in 2 s: 25 MB/s, 200 MB left take 8 s
    assert.equal(describeProgress(50e6, 250e6, 2000), '50 of 250 MB, 25 MB/s, 8 s left');
    assert.equal(describeProgress(3e6, 250e6, 1000), '3.0 of 250 MB, 3.0 MB/s, 2 min left');
    assert.equal(describeProgress(1e6, 250e6, 1000), '1.0 of 250 MB', 'too early for an estimate');
    assert.equal(describeProgress(0, 250e6, 0), '0.0 of 250 MB');
  });
});
