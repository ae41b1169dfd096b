import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { GgufValue } from '../../../../../src/engine/formats/gguf.ts';
import type { WeightSource } from '../../../../../src/engine/lm/definition.ts';
import { loadWeights } from '../../../../../src/engine/lm/load.ts';
import { gptNeox, ungroupHeads } from '../../../../../src/engine/lm/models/gpt-neox.ts';
import { openModel } from '../../../../../src/engine/lm/open.ts';
import { assertSameModel } from '../../../../support/gguf-models.ts';
import { fixtureFolder } from '../../../../support/lm-fixtures.ts';

before(() => loadBackend());
/** Pythia-70m's own config, made small. */
const pythia = {
  model_type: 'gpt_neox', num_hidden_layers: 2, hidden_size: 64, num_attention_heads: 4, intermediate_size: 256, max_position_embeddings: 2048, vocab_size: 67,
  hidden_act: 'gelu', layer_norm_eps: 1e-5, rotary_emb_base: 10000, rotary_pct: 0.25, use_parallel_residual: true, tie_word_embeddings: false, bos_token_id: 0, eos_token_id: 0,
};

test('a config as Pythia has it: a quarter of each head is rotated, the MLP stands beside attention', () => {
  const config = gptNeox.readHuggingFace(pythia, 'm');
  assert.deepEqual([config.dHead, config.rotaryDim, config.parallel, config.activation, config.ropeTheta, config.tiedEmbeddings], [16, 4, true, 'gelu', 10000, false]);
  assert.equal(gptNeox.readHuggingFace({ ...pythia, use_parallel_residual: false }, 'm').parallel, false);
});

test('rotation settings are read as transformers 4 and as transformers 5 write them', () => {
  const { rotary_pct: _pct, rotary_emb_base: _base, ...bare } = pythia;
  const now = gptNeox.readHuggingFace({ ...bare, rope_parameters: { rope_type: 'default', rope_theta: 500, partial_rotary_factor: 0.5 } }, 'm');
  assert.deepEqual([now.rotaryDim, now.ropeTheta], [8, 500]);
  assert.deepEqual([gptNeox.readHuggingFace(bare, 'm').rotaryDim, gptNeox.readHuggingFace(bare, 'm').ropeTheta], [4, 10000]);
  const linear = gptNeox.readHuggingFace({ ...pythia, rope_scaling: { type: 'linear', factor: 2 } }, 'm');
  assert.equal(linear.ropeScaling!['factor'], 2);
});

test('what is not computed, and sizes that do not fit, are refused', () => {
  assert.throws(() => gptNeox.readHuggingFace({ ...pythia, rope_scaling: { type: 'dynamic', factor: 2 } }, 'm'), { kind: 'unsupported', message: /dynamic/u });
  assert.throws(() => gptNeox.readHuggingFace({ ...pythia, hidden_act: 'swish' }, 'm'), { kind: 'bad-config', message: /hidden_act/u });
  assert.throws(() => gptNeox.readHuggingFace({ ...pythia, num_attention_heads: 5 }, 'm'), { kind: 'bad-config', message: /hidden_size \/ num_attention_heads/u });
  assert.throws(() => gptNeox.readHuggingFace({ ...pythia, rotary_pct: 0.2 }, 'm'), { kind: 'bad-config', message: /not 3/u });
  assert.throws(() => gptNeox.readHuggingFace({ ...pythia, rotary_pct: 1.5 }, 'm'), { kind: 'bad-config' });
});

test('rows that stand head by head are brought into the order q, k, v', () => {
  // two heads of width 1: q0 k0 v0 q1 k1 v1, each row two numbers
  const values = Float32Array.of(1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6);
  ungroupHeads(2, 1)(values);
  assert.deepEqual([...values], [1, 1, 4, 4, 2, 2, 5, 5, 3, 3, 6, 6]);
});

test('the GGUF file of llama.cpp\'s converter is the same model', () => assertSameModel('gpt-neox-parallel', 'gpt-neox', {}));

test('a GGUF file may say that the MLP stands behind attention', () => {
  const metadata = new Map<string, GgufValue>(openedMetadata());
  assert.equal(gptNeox.readGguf(metadata, 'm').parallel, true);
  assert.equal(gptNeox.readGguf(metadata.set('gptneox.use_parallel_residual', false), 'm').parallel, false);
});

function openedMetadata(): [string, GgufValue][] {
  const numbers: [string, number][] = [['block_count', 2], ['embedding_length', 64], ['attention.head_count', 4], ['feed_forward_length', 256], ['context_length', 64], ['vocab_size', 67], ['rope.dimension_count', 4], ['attention.layer_norm_epsilon', 1e-5]];
  return [['general.architecture', 'gptneox'], ...numbers.map(([key, value]): [string, GgufValue] => [`gptneox.${key}`, value])];
}

test('the unembedding is found under its newer name too, and its absence named', () => {
  const { family, config, openWeights } = openModel(fixtureFolder('gpt-neox-sequential'));
  const source = openWeights();
  const renamed = (to: string): WeightSource => ({
    ...source, shapes: new Map([...source.shapes].map(([name, shape]) => [name === 'embed_out.weight' ? to : name, shape])),
    read: (name, out) => source.read(name === to ? 'embed_out.weight' : name, out),
  });
  const [old, now] = [loadWeights(family, config, source), loadWeights(family, config, renamed('lm_head.weight'))];
  assert.deepEqual(now.unembedding.dataSync(), old.unembedding.dataSync());
  assert.throws(() => loadWeights(family, config, renamed('other.weight')), { kind: 'bad-file', message: /embed_out\.weight/u });
  source.close();
});
