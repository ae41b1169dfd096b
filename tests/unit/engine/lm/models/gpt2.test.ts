import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { openSafetensors } from '../../../../../src/engine/formats/safetensors.ts';
import { loadWeights } from '../../../../../src/engine/lm/load.ts';
import { gpt2 } from '../../../../../src/engine/lm/models/gpt2.ts';
import { openModel } from '../../../../../src/engine/lm/open.ts';
import { f32Tensor, ggufFile } from '../../../../support/gguf-file.ts';
import { fixtureFolder, largestDifference } from '../../../../support/lm-fixtures.ts';

before(() => loadBackend());
const folder = mkdtempSync(join(tmpdir(), 'loupe-gpt2-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const plain = { model_type: 'gpt2', n_layer: 2, n_embd: 24, n_head: 4, n_positions: 32, vocab_size: 67 };

test('a config of the first GPT-2 needs little: the rest are its defaults', () => {
  const config = gpt2.readHuggingFace(plain, 'm');
  assert.deepEqual([config.dHead, config.dMlp, config.normEps, config.activation, config.tiedEmbeddings, config.ropeTheta], [6, 96, 1e-5, 'gelu_new', true, null]);
});

test('options that change the computation are refused, wrong sizes named', () => {
  assert.throws(() => gpt2.readHuggingFace({ ...plain, scale_attn_by_inverse_layer_idx: true }, 'm'), { kind: 'unsupported' });
  assert.throws(() => gpt2.readHuggingFace({ ...plain, activation_function: 'swish' }, 'm'), { kind: 'bad-config', message: /activation_function/u });
  assert.throws(() => gpt2.readHuggingFace({ ...plain, n_head: 5 }, 'm'), { kind: 'bad-config', message: /n_embd \/ n_head/u });
});

test('the same weights as GGUF, which stores maps output first, give the same model', () => {
  const source = openModel(fixtureFolder('gpt2'));
  const file = openSafetensors(join(source.path, 'model.safetensors'));
  const modules: [string, string][] = [['ln_1', 'attn_norm'], ['attn.c_attn', 'attn_qkv'], ['attn.c_proj', 'attn_output'], ['ln_2', 'ffn_norm'], ['mlp.c_fc', 'ffn_up'], ['mlp.c_proj', 'ffn_down']];
  const names: [string, string][] = [['wte', 'token_embd'], ['wpe', 'position_embd'], ['ln_f', 'output_norm'], ...[0, 1].flatMap((l) => modules.map(([hf, g]): [string, string] => [`h.${l}.${hf}`, `blk.${l}.${g}`]))];
  const tensors = names.flatMap(([hf, g]) => ['weight', 'bias'].flatMap((part) => {
    const entry = file.entries.get(`transformer.${hf}.${part}`);
    if (entry === undefined) return [];
    const values = file.readFloat32(entry.name);
    const transposed = entry.shape.length === 2 && hf.startsWith('h.');
    const [rows, columns] = entry.shape as [number, number];
    if (!transposed) return [f32Tensor(`${g}.${part}`, entry.shape, values)];
    return [f32Tensor(`${g}.${part}`, [columns, rows], Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!))];
  }));
  file.close();
  const path = join(folder, 'gpt2.gguf');
  writeFileSync(path, ggufFile({ 'general.architecture': 'gpt2', 'gpt2.block_count': 2, 'gpt2.embedding_length': 24, 'gpt2.attention.head_count': 4, 'gpt2.feed_forward_length': 96, 'gpt2.context_length': 32, 'gpt2.vocab_size': 67 }, tensors));
  const [a, b] = [source, openModel(path)].map((model) => {
    const weights = model.openWeights();
    const loaded = loadWeights(model.family, model.config, weights);
    weights.close();
    return loaded;
  }) as [ReturnType<typeof loadWeights>, ReturnType<typeof loadWeights>];
  assert.equal(largestDifference(a.embedding.dataSync(), b.embedding.dataSync()), 0);
  assert.equal(a.blocks[1]!.qkv.layout, 'in-out');
  assert.equal(b.blocks[1]!.qkv.layout, 'out-in');
  const [x, y] = [a.blocks[1]!.qkv.weight.arraySync(), b.blocks[1]!.qkv.weight.arraySync()];
  assert.equal(x[3]![50], y[50]![3]);
  assert.deepEqual(a.blocks[0]!.mlpOut.bias!.dataSync(), b.blocks[0]!.mlpOut.bias!.dataSync());
});
