import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { openSafetensors } from '../../../../../src/engine/formats/safetensors.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { llama, unpermuteHeads } from '../../../../../src/engine/lm/models/llama.ts';
import { f32Tensor, ggufFile } from '../../../../support/gguf-file.ts';
import { fixtureFolder, largestDifference, readReference } from '../../../../support/lm-fixtures.ts';

before(() => loadBackend());
const folder = mkdtempSync(join(tmpdir(), 'loupe-llama-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const plain = { num_hidden_layers: 2, hidden_size: 24, num_attention_heads: 6, intermediate_size: 40, max_position_embeddings: 64, vocab_size: 67 };

test('rope settings are read as transformers 4 and as transformers 5 write them', () => {
  const old = llama.readHuggingFace({ ...plain, rope_theta: 500, rope_scaling: { type: 'linear', factor: 2 } }, 'm');
  const now = llama.readHuggingFace({ ...plain, rope_parameters: { rope_theta: 500, rope_type: 'linear', factor: 2 } }, 'm');
  assert.deepEqual([old.ropeTheta, now.ropeTheta, old.ropeScaling!['factor'], now.ropeScaling!['factor']], [500, 500, 2, 2]);
  assert.equal(llama.readHuggingFace(plain, 'm').ropeTheta, 10000);
});

test('what is not computed is refused when the config is read', () => {
  assert.throws(() => llama.readHuggingFace({ ...plain, rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'm'), { kind: 'unsupported', message: /yarn/u });
  assert.throws(() => llama.readHuggingFace({ ...plain, num_key_value_heads: 4 }, 'm'), { kind: 'bad-config' });
  assert.throws(() => llama.readHuggingFace({ ...plain, hidden_act: 'xielu' }, 'm'), { kind: 'bad-config', message: /hidden_act/u });
});

test('llama.cpp\'s interleaved heads are brought back', () => {
  // one head of 4 rows of width 1: the file has rows 0, 2, 1, 3 of the model; the second head alike
  const values = new Float32Array([0, 2, 1, 3, 10, 12, 11, 13]);
  unpermuteHeads(2, 4)(values);
  assert.deepEqual([...values], [0, 1, 2, 3, 10, 11, 12, 13]);
});

/** What llama.cpp's converter does to q and k: rows (half, i) of each head to (i, half). */
function permuted(values: Float32Array, dHead: number, width: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length / width; row++) {
    const [head, within] = [Math.floor(row / dHead), row % dHead];
    const to = head * dHead + (within % (dHead / 2)) * 2 + Math.floor(within / (dHead / 2));
    out.set(values.subarray(row * width, (row + 1) * width), to * width);
  }
  return out;
}

test('the same weights as GGUF give the logits of transformers', async () => {
  const source = fixtureFolder('llama-gqa-untied');
  const file = openSafetensors(join(source, 'model.safetensors'));
  const modules: [string, string][] = [
    ['input_layernorm', 'attn_norm'], ['post_attention_layernorm', 'ffn_norm'], ['self_attn.q_proj', 'attn_q'], ['self_attn.k_proj', 'attn_k'], ['self_attn.v_proj', 'attn_v'],
    ['self_attn.o_proj', 'attn_output'], ['mlp.gate_proj', 'ffn_gate'], ['mlp.up_proj', 'ffn_up'], ['mlp.down_proj', 'ffn_down'],
  ];
  const names: [string, string][] = [['model.embed_tokens', 'token_embd'], ['model.norm', 'output_norm'], ['lm_head', 'output'], ...[0, 1].flatMap((l) => modules.map(([hf, g]): [string, string] => [`model.layers.${l}.${hf}`, `blk.${l}.${g}`]))];
  const tensors = names.map(([hf, g]) => {
    const { shape } = file.entries.get(`${hf}.weight`)!;
    const values = file.readFloat32(`${hf}.weight`);
    return f32Tensor(`${g}.weight`, shape, /[qk]_proj/u.test(hf) ? permuted(values, 4, 24) : values);
  });
  file.close();
  const tokens = Array.from({ length: 67 }, (_, i) => String.fromCharCode(33 + i));
  const path = join(folder, 'tiny.gguf');
  writeFileSync(path, ggufFile({
    'general.architecture': 'llama', 'llama.block_count': 2, 'llama.embedding_length': 24, 'llama.attention.head_count': 6, 'llama.attention.head_count_kv': 2, 'llama.feed_forward_length': 40,
    'llama.context_length': 64, 'llama.vocab_size': 67, 'llama.attention.layer_norm_rms_epsilon': 1e-6, 'llama.rope.freq_base': 10000,
    'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.merges': ['! "'].slice(1),
  }, tensors));
  const reference = readReference(source);
  const model = await loadModel(path);
  const { logits } = model.run(reference.tokens, 2, 10);
  assert.ok(largestDifference(logits!.dataSync(), reference.logits) <= 1e-4);
  logits!.dispose();
  model.dispose();
  reference.file.close();
});
