import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendStatus, handlers } from '../../../src/engine/handlers.ts';
import { requests } from '../../../src/engine/protocol.ts';
import type { LoupeError } from '../../../src/shared/errors.ts';
import { backendStatusSchema } from '../../../src/shared/schema/workspace.ts';

test('the badge says which backend computes, on what, and why the others were refused', () => {
  const status = backendStatus({
    backend: 'wasm', gpu: false, threads: 1, version: '4.22.0',
    probes: [{ backend: 'tensorflow', ok: false, reason: 'no addon', cure: 'npm run setup' }, { backend: 'wasm', ok: true, reason: 'works' }],
  });
  assert.deepEqual(status, { id: 'wasm', detail: 'WebAssembly 4.22.0', threads: 1, refused: [{ id: 'tensorflow', reason: 'no addon', cure: 'npm run setup' }] });
  assert.ok(backendStatusSchema.safeParse(status).success);
});

test('forms and configs are answered from the real parts', async () => {
  assert.ok(requests.forms.output.safeParse(await handlers.forms({})).success);
  const { config } = await handlers.checkConfig({ kind: 'harvest', config: { model: '/m', hooks: ['hook_embed'], corpus: 'wordnet', out: '/o' } });
  assert.equal(config['tokens'], 200_000);
  await assert.rejects(handlers.checkConfig({ kind: 'train', config: { variant: 'topk', activations: ['/a'], out: '/o', dSae: 0 } }), (e: LoupeError) => e.kind === 'bad-config' && /dSae/.test(e.message));
});

test('a model that is not there is refused with its path', async () => {
  await assert.rejects(handlers.inspectModel({ path: '/no/such/model.gguf' }), (e: LoupeError) => /\/no\/such\/model\.gguf/.test(e.message) && e.kind !== 'defect');
});
