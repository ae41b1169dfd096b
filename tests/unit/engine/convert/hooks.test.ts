import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookOfModule, hookOfSubmodule, layerOf } from '../../../../src/engine/convert/hooks.ts';

test('modules of Hugging Face and of dictionary_learning become hooks', () => {
  const modules: Readonly<Record<string, string | null>> = {
    'layers.5': 'blocks.5.hook_resid_post', layers_5: 'blocks.5.hook_resid_post', 'model.layers.12.mlp': 'blocks.12.hook_mlp_out', 'h.3.attn': 'blocks.3.hook_attn_out',
    'layers.2.self_attn': 'blocks.2.hook_attn_out', embed_tokens: 'hook_embed', 'layers.2.other': null, something: null,
  };
  for (const [module, hook] of Object.entries(modules)) assert.equal(hookOfModule(module), hook, module);
  assert.equal(hookOfSubmodule('resid_post_layer_3', 3), 'blocks.3.hook_resid_post');
  assert.equal(hookOfSubmodule('mlp_out_layer_3', 3), 'blocks.3.hook_mlp_out');
  assert.equal(hookOfSubmodule('attention_layer_3', 3), 'blocks.3.hook_attn_out');
  assert.equal(hookOfSubmodule(null, 0), 'blocks.0.hook_resid_post');
  assert.equal(hookOfSubmodule('resid_post', '3'), null);
});

test('the layer of a hook', () => {
  assert.deepEqual([layerOf('blocks.11.attn.hook_z'), layerOf('hook_embed'), layerOf(null)], [11, null, null]);
});
