import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { buildNative, isaOf } from '../../../scripts/setup/native-build.mjs';
import { findCompiler } from '../../../scripts/setup/tools.mjs';

const compiler = findCompiler();
const skip = compiler === undefined ? 'no C++ compiler' : process.platform !== 'linux' ? 'links Linux libraries' : false;

describe('the native build', () => {
  it('reads the instruction set from the file name', () => {
    assert.equal(isaOf('/a/row-kernels.avx512.cc'), 'avx512');
    assert.equal(isaOf('/a/row-kernels.cc'), undefined);
  });

  describe('of a small project', { skip }, () => {
    let root;
    const options = () => ({
      compiler, root, cache: join(root, 'cache'), jobs: 2,
      tensorflow: { libraries: [join(root, 'core.so'), join(root, 'framework.so')], include: join(root, 'include'), id: 'x' },
    });
    beforeEach(async () => {
      root = mkdtempSync(join(tmpdir(), 'loupe-build-'));
      for (const folder of ['native/src', 'native/quiet', 'native/prelude', 'include']) mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, 'native/src/shared.h'), 'inline int two() { return 2; }\n');
      writeFileSync(join(root, 'native/src/a.cc'), '#include "shared.h"\nint a() { return two(); }\n');
      writeFileSync(join(root, 'native/src/b.cc'), 'int b() { return 1; }\n');
      writeFileSync(join(root, 'native/quiet/q.cc'), 'int q() { return 1; }\n');
      writeFileSync(join(root, 'native/prelude/p.cc'), 'int p() { return 1; }\n');
      // two empty shared libraries stand for the runtime's: the link needs files, not symbols
      const { execFileSync } = await import('node:child_process');
      writeFileSync(join(root, 'empty.cc'), '');
      for (const name of ['core.so', 'framework.so']) execFileSync(compiler, ['-shared', '-o', join(root, name), join(root, 'empty.cc')]);
    });
    afterEach(() => rmSync(root, { recursive: true, force: true }));

    it('compiles all once, then nothing, then only what changed', async () => {
      const first = await buildNative(options());
      assert.equal(first.compiled, 4);
      assert.deepEqual(readdirSync(join(first.path, '..')).sort(), ['loupe_native.node', 'loupe_prelude.node', 'loupe_quiet.node']);
      assert.deepEqual(await buildNative(options()), { path: first.path, compiled: 0, linked: false });
      writeFileSync(join(root, 'native/src/b.cc'), 'int b() { return 3; }\n');
      const second = await buildNative(options());
      assert.equal(second.compiled, 1);
      assert.notEqual(second.path, first.path);
    });

    it('recompiles what includes a changed header, and nothing for a mere new time stamp', async () => {
      await buildNative(options());
      utimesSync(join(root, 'native/src/shared.h'), new Date(), new Date());
      assert.equal((await buildNative(options())).compiled, 0);
      writeFileSync(join(root, 'native/src/shared.h'), 'inline int two() { return 20; }\n');
      assert.equal((await buildNative(options())).compiled, 1);
    });

    it('says which file does not compile, with the compiler\'s words, and leaves the last build', async () => {
      const first = await buildNative(options());
      writeFileSync(join(root, 'native/src/b.cc'), 'int b() { return nonsense; }\n');
      await assert.rejects(buildNative(options()), /could not compile native\/src\/b\.cc:[^]*nonsense/);
      assert.equal(existsSync(first.path), true);
    });

    it('refuses an instruction set it does not know', async () => {
      cpSync(join(root, 'native/src/b.cc'), join(root, 'native/src/b.sse9.cc'));
      await assert.rejects(buildNative(options()), /unknown instruction set "sse9"/);
    });
  });
});
