import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelConfig } from '../../../../src/engine/lm/definition.ts';
import { HookTable } from '../../../../src/engine/lm/hook-names.ts';

const config = { name: 'm', layers: 2, dModel: 24, heads: 6, kvHeads: 2, dHead: 4, dMlp: 40 } as ModelConfig;
const llama = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated' });

test('names stand in the order of the forward pass', () => {
  const order = ['hook_embed', 'blocks.0.hook_resid_pre', 'blocks.0.ln1.hook_scale', 'blocks.0.attn.hook_rot_k', 'blocks.0.attn.hook_pattern', 'blocks.0.hook_resid_mid', 'blocks.0.mlp.hook_post', 'blocks.1.hook_resid_pre', 'ln_final.hook_normalized'];
  const places = order.map((name) => llama.names.indexOf(name));
  assert.ok(places.every((place, i) => place > (places[i - 1] ?? -1)), String(places));
});

test('a family has the hooks of its parts and no others', () => {
  const gpt2 = new HookTable(config, { norm: 'layer', positions: 'learned', mlp: 'plain' });
  assert.ok(gpt2.names.includes('hook_pos_embed') && !llama.names.includes('hook_pos_embed'));
  assert.ok(!gpt2.names.includes('blocks.0.attn.hook_rot_q') && !gpt2.names.includes('blocks.0.mlp.hook_pre_linear'));
});

test('norms over heads and behind halves have hooks; a parallel block has no resid_mid', () => {
  const gemma = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated', postNorms: true });
  const order = ['attn.hook_z', 'ln1_post.hook_scale', 'hook_attn_out', 'hook_resid_mid', 'mlp.hook_post', 'ln2_post.hook_normalized', 'hook_mlp_out'].map((name) => gemma.names.indexOf(`blocks.1.${name}`));
  assert.ok(order.every((place, i) => place > (order[i - 1] ?? -1)), String(order));
  const qwen = new HookTable(config, { norm: 'rms', positions: 'rotary', mlp: 'gated', headNorms: true });
  assert.deepEqual(qwen.shape('blocks.0.attn.q_norm.hook_normalized', 3, 5), [3, 5, 6, 4]);
  assert.deepEqual(qwen.shape('blocks.0.attn.k_norm.hook_scale', 3, 5), [3, 5, 2, 1]);
  const neox = new HookTable({ ...config, parallel: true }, { norm: 'layer', positions: 'rotary', mlp: 'plain' });
  assert.ok(!neox.names.some((name) => name.includes('resid_mid')) && llama.names.includes('blocks.0.hook_resid_mid'));
});

test('shapes follow heads, key heads and what is cached', () => {
  assert.deepEqual(llama.shape('blocks.1.attn.hook_q', 3, 5), [3, 5, 6, 4]);
  assert.deepEqual(llama.shape('blocks.1.attn.hook_v', 3, 5), [3, 5, 2, 4]);
  assert.deepEqual(llama.shape('blocks.1.attn.hook_pattern', 3, 5), [3, 6, 5, 5]);
  assert.deepEqual(llama.shape('blocks.1.attn.hook_pattern', 1, 1, 7), [1, 6, 1, 8]);
  assert.deepEqual(llama.shape('ln_final.hook_scale', 3, 5), [3, 5, 1]);
});

test('widths are numbers a token; a pattern has none', () => {
  assert.deepEqual(['blocks.0.attn.hook_z', 'blocks.0.attn.hook_k', 'hook_embed', 'blocks.0.ln2.hook_scale', 'blocks.0.attn.hook_attn_scores'].map((name) => llama.width(name)), [24, 8, 24, 1, null]);
});

test('an unknown name gives the nearest, or what names look like', () => {
  assert.throws(() => llama.check('block.0.hook_resid_pre'), { kind: 'not-found', message: /nearest is blocks\.0\.hook_resid_pre/u });
  assert.throws(() => llama.check('x'), { kind: 'not-found', message: /look like blocks\.1\.hook_resid_post/u });
});
