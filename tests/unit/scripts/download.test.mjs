import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fetchWithPip, isIntact, obtainWheel } from '../../../scripts/setup/download.mjs';
import { findPython } from '../../../scripts/setup/tools.mjs';

describe('downloads', () => {
  let cache;
  beforeEach(() => (cache = mkdtempSync(join(tmpdir(), 'loupe-download-'))));
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  const data = Buffer.from('a wheel');
  const pin = {
    package: 'thing', version: '1.0', file: 'thing-1.0-py3-none-any.whl', bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
  };
  /** A fetcher that delivers the given contents one after the other. */
  const deliver = (...contents) => {
    const calls = [];
    const fetcher = async ({ folder }) => writeFileSync(join(folder, pin.file), contents[calls.push(folder) - 1]);
    return { fetcher, calls };
  };
  const left = () => readdirSync(join(cache, 'downloads'));
  const env = {};

  it('fetches once and keeps what has the pinned hash', async () => {
    const { fetcher, calls } = deliver(data);
    const first = await obtainWheel({ pin, cache, python: 'python3', fetcher, env });
    const second = await obtainWheel({ pin, cache, python: 'python3', fetcher, env });
    assert.equal(calls.length, 1);
    assert.equal(first.path, second.path);
    assert.deepEqual(left(), [pin.file]);
  });

  it('fetches again what arrives broken, and uses nothing that arrives broken twice', async () => {
    const broken = Buffer.from('A wheel');
    const again = deliver(broken, data);
    await obtainWheel({ pin, cache, python: 'python3', fetcher: again.fetcher, env });
    assert.equal(again.calls.length, 2);
    rmSync(join(cache, 'downloads'), { recursive: true });
    await assert.rejects(obtainWheel({ pin, cache, python: 'python3', ...deliver(broken, broken), env }), /arrived twice with another hash/);
    assert.deepEqual(left(), []);
  });

  it('notices a truncated file in the cache and fetches it again', async () => {
    const { path } = await obtainWheel({ pin, cache, python: 'python3', ...deliver(data), env });
    truncateSync(path, 3);
    const { fetcher, calls } = deliver(data);
    await obtainWheel({ pin, cache, python: 'python3', fetcher, env });
    assert.equal(calls.length, 1);
    assert.equal(await isIntact(path, pin), true);
  });

  it('clears what a killed download left', async () => {
    mkdirSync(join(cache, 'downloads', `${pin.file}.999999.part`), { recursive: true });
    await obtainWheel({ pin, cache, python: 'python3', ...deliver(data), env });
    assert.deepEqual(left(), [pin.file]);
  });

  it('takes a wheel from LOUPE_WHEELS where it is the pinned one, without Python', async () => {
    const supplied = join(cache, 'supplied');
    mkdirSync(supplied);
    writeFileSync(join(supplied, pin.file), data);
    const found = await obtainWheel({ pin, cache, env: { LOUPE_WHEELS: supplied } });
    assert.deepEqual(found, { path: join(supplied, pin.file), supplied: true });
    writeFileSync(join(supplied, pin.file), 'other!!');
    await assert.rejects(obtainWheel({ pin, cache, env: { LOUPE_WHEELS: supplied } }), /no python3/);
  });

  it('says what to do without Python', async () => {
    await assert.rejects(obtainWheel({ pin, cache, env }), (error) => {
      assert.match(error.cure, /install python3 with pip, or put thing-1.0-py3-none-any.whl into a folder/);
      assert.equal(error.passing, false);
      return true;
    });
  });

  it('reports what pip says when it cannot fetch, and leaves nothing behind', { skip: findPython() === undefined && 'no python3' }, async () => {
    const offline = { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: '', PIP_CONFIG_FILE: '/dev/null' };
    const unknown = { ...pin, package: 'loupe-no-such-package' };
    const attempt = obtainWheel({ pin: unknown, cache, python: findPython(), fetcher: fetchWithPip, env: offline });
    await assert.rejects(attempt, /pip could not fetch loupe-no-such-package 1\.0: .*No matching distribution/);
    assert.equal(existsSync(join(cache, 'downloads')) ? left().length : 0, 0);
  });
});
