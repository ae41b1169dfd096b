import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { cacheRoot, projectRoot, readInstalled, stampPath } from '../../../../src/engine/backend/installed.ts';

interface SetupPaths {
  projectRoot: string;
  cacheRoot(env: object, platform: string): string;
  stampPath(cache: string, root: string): string;
}

describe("set-up's record", () => {
  let cache: string;
  before(() => (cache = mkdtempSync(join(tmpdir(), 'loupe-installed-'))));
  after(() => rmSync(cache, { recursive: true, force: true }));

  const write = (text: string): void => {
    const path = stampPath(cache, projectRoot());
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const read = (env: Record<string, string> = {}) => readInstalled({ LOUPE_CACHE: cache, ...env });

  it('lies where set-up writes it', async () => {
    const setup = (await import(new URL('../../../../scripts/setup/paths.mjs', import.meta.url).href)) as SetupPaths;
    assert.equal(projectRoot(), setup.projectRoot);
    assert.equal(stampPath('/cache', '/root'), setup.stampPath('/cache', '/root'));
    for (const platform of ['linux', 'darwin', 'win32']) {
      for (const env of [{ LOUPE_CACHE: '/x' }, { XDG_CACHE_HOME: '/y', LOCALAPPDATA: '/z' }, {}]) {
        assert.equal(cacheRoot(env, platform), setup.cacheRoot(env, platform), `${platform} ${JSON.stringify(env)}`);
      }
    }
  });

  it('says that set-up has not run where there is none, or an unreadable one', () => {
    assert.equal(readInstalled({ LOUPE_CACHE: join(cache, 'empty') }).missing[0]?.part, 'set-up');
    write('{"artefacts":');
    assert.equal(read().missing[0]?.part, 'set-up');
  });

  it('leaves out what has gone since', () => {
    const addon = join(cache, 'a.node');
    writeFileSync(addon, '');
    write(JSON.stringify({ artefacts: { addon, sampleModel: join(cache, 'gone.gguf'), gpu: true }, missing: [] }));
    assert.deepEqual(read(), { addon, tensorflow: undefined, gpu: true, sampleModel: undefined, missing: [] });
  });

  it('gives way to LOUPE_ADDON', () => {
    assert.equal(read({ LOUPE_ADDON: '/elsewhere/b.node' }).addon, '/elsewhere/b.node');
  });
});
