import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { candidates, parseBackendName, selectBackend } from '../../../../src/engine/backend/select.ts';
import type { BackendName, BackendProbe } from '../../../../src/engine/backend/select.ts';

describe('the choice of a backend', () => {
  const working = (...names: BackendName[]) => async (backend: BackendName): Promise<BackendProbe> =>
    names.includes(backend)
      ? { backend, ok: true, reason: 'version 1' }
      : { backend, ok: false, reason: `${backend} is absent`, cure: `install ${backend}` };

  it('takes the first that works and keeps the reasons of those before it', async () => {
    const choice = await selectBackend(['tensorflow', 'wasm', 'cpu'], working('wasm', 'cpu'));
    assert.equal(choice.backend, 'wasm');
    assert.deepEqual(choice.probes, [
      { backend: 'tensorflow', ok: false, reason: 'tensorflow is absent', cure: 'install tensorflow' },
      { backend: 'wasm', ok: true, reason: 'version 1' },
    ]);
  });

  it('throws missing-component with every reason where none works', async () => {
    await assert.rejects(selectBackend(['tensorflow', 'wasm'], working()), {
      kind: 'missing-component',
      message: 'no tensor backend works: tensorflow: tensorflow is absent (install tensorflow); wasm: wasm is absent (install wasm)',
    });
  });

  it('tries all in order, or only what an argument or LOUPE_BACKEND names', () => {
    assert.deepEqual(candidates(undefined, {}), ['tensorflow', 'wasm', 'cpu']);
    assert.deepEqual(candidates(undefined, { LOUPE_BACKEND: '' }), ['tensorflow', 'wasm', 'cpu']);
    assert.deepEqual(candidates(undefined, { LOUPE_BACKEND: 'cpu' }), ['cpu']);
    assert.deepEqual(candidates('wasm', { LOUPE_BACKEND: 'cpu' }), ['wasm']);
  });

  it('refuses an unknown name and lists the known ones', () => {
    assert.throws(() => parseBackendName('cuda', 'LOUPE_BACKEND'), {
      kind: 'bad-request',
      message: 'LOUPE_BACKEND is "cuda": use one of tensorflow, wasm, cpu',
    });
  });
});
