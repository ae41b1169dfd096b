import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookFamilies, listModels, middleHook, weightBytes } from '../../../../../../src/renderer/src/pages/models/list.ts';

test('a model of the workspace is listed once, before those of other programs', () => {
  const item = { kind: 'model', id: 'a', name: 'a', path: '/ws/a', bytes: 1, modifiedAt: '', linked: true, summary: [], problem: null } as const;
  const found = [{ path: '/hf/b', name: 'b', origin: 'hugging-face', bytes: 2, problem: null }, { path: '/ws/a', name: 'a', origin: 'lm-studio', bytes: 1, problem: null }] as const;
  assert.deepEqual(listModels([{ ...item, summary: [] }], found).map(({ path, where, known }) => [path, where, known]), [['/ws/a', 'linked', true], ['/hf/b', 'Hugging Face cache', false]]);
});

test('hooks of one place in all layers are one line, of another width another', () => {
  const hooks = [{ name: 'hook_embed', d: 4 }, { name: 'blocks.0.hook_resid_post', d: 4 }, { name: 'blocks.1.hook_resid_post', d: 4 }, { name: 'blocks.1.mlp.hook_post', d: 16 }];
  assert.deepEqual(hookFamilies(hooks), [{ pattern: 'hook_embed', count: 1, d: 4 }, { pattern: 'blocks.{layer}.hook_resid_post', count: 2, d: 4 }, { pattern: 'blocks.{layer}.mlp.hook_post', count: 1, d: 16 }]);
  assert.equal(middleHook(hooks, 2), 'blocks.1.hook_resid_post');
  assert.equal(middleHook(hooks, 30), null);
});

test('a weight takes four bytes', () => assert.equal(weightBytes(134.5e6), 538e6));
