import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import type { GgufValue } from '../../../../../src/engine/formats/gguf.ts';
import type { LanguageModel } from '../../../../../src/engine/lm/definition.ts';
import { loadModel } from '../../../../../src/engine/lm/load.ts';
import { gemma2 } from '../../../../../src/engine/lm/models/gemma2.ts';
import { assertSameModel } from '../../../../support/gguf-models.ts';
import { fixtureFolder, readReference } from '../../../../support/lm-fixtures.ts';

let model: LanguageModel;
before(async () => {
  await loadBackend();
  model = await loadModel(fixtureFolder('gemma2'));
});
after(() => model.dispose());
/** The fields of the published config of the model of 27 billion that matter here. */
const published = {
  model_type: 'gemma2', num_hidden_layers: 4, hidden_size: 4608, num_attention_heads: 32, num_key_value_heads: 16, head_dim: 128, intermediate_size: 36864, max_position_embeddings: 8192,
  vocab_size: 256000, hidden_activation: 'gelu_pytorch_tanh', query_pre_attn_scalar: 144, attn_logit_softcapping: 50.0, final_logit_softcapping: 30.0, sliding_window: 4096, rms_norm_eps: 1e-6,
};

test('the published fields: caps, divisor, scale of embeddings, every second block with a window', () => {
  const config = gemma2.readHuggingFace(published, 'm');
  assert.deepEqual([config.attnSoftCap, config.logitSoftCap, config.attnDivisor, config.activation, config.tiedEmbeddings], [50, 30, 12, 'gelu_pytorch_tanh', true]);
  assert.ok(Math.abs(config.embeddingScale - 67.88225) < 1e-5);
  assert.deepEqual(config.windows, [4096, null, 4096, null]);
});

test('a cap may be switched off; attention both ways, and caps that are none, are refused', () => {
  assert.equal(gemma2.readHuggingFace({ ...published, attn_logit_softcapping: null }, 'm').attnSoftCap, null);
  assert.throws(() => gemma2.readHuggingFace({ ...published, use_bidirectional_attention: true }, 'm'), { kind: 'unsupported', message: /use_bidirectional_attention/u });
  assert.throws(() => gemma2.readHuggingFace({ ...published, final_logit_softcapping: 0 }, 'm'), { kind: 'bad-config', message: /final_logit_softcapping/u });
});

test('scores and logits stay below their caps, and reach up to them: the tiny model\'s caps matter', () => {
  const { tokens, file } = readReference(fixtureFolder('gemma2'));
  file.close();
  const { logits, cache } = model.run(tokens, 2, 10, { names: ['blocks.1.attn.hook_attn_scores', 'hook_embed'] });
  const largest = (values: Iterable<number>): number => Math.max(...[...values].filter((x) => x !== -Infinity).map(Math.abs));
  const [score, logit] = [largest(cache.get('blocks.1.attn.hook_attn_scores')!.dataSync()), largest(logits!.dataSync())];
  assert.ok(score <= 1.5 && score > 1.2, `${score}`);
  assert.ok(logit <= 2 && logit > 1.8, `${logit}`);
  tf.dispose([logits!, ...cache.values()]);
});

test('the GGUF file of llama.cpp\'s converter, whose norms hold the 1 already, is the same model but for the divisor, which is the heads\' width there', () => {
  assertSameModel('gemma2', 'gemma2', { attnDivisor: Math.sqrt(8) });
});

test('of a GGUF file of 46 blocks the divisor is that of the model of 27 billion', () => {
  const numbers: [string, number][] = [
    ['block_count', 46], ['embedding_length', 4608], ['attention.head_count', 32], ['attention.head_count_kv', 16], ['attention.key_length', 128], ['feed_forward_length', 36864], ['context_length', 8192], ['vocab_size', 256000],
  ];
  const metadata = new Map<string, GgufValue>([['general.architecture', 'gemma2'], ...numbers.map(([key, value]): [string, GgufValue] => [`gemma2.${key}`, value])]);
  assert.equal(gemma2.readGguf(metadata, 'm').attnDivisor, 12);
  assert.deepEqual([gemma2.readGguf(metadata, 'm').attnSoftCap, gemma2.readGguf(metadata, 'm').logitSoftCap], [50, 30]);
  assert.throws(() => gemma2.readGguf(new Map([...metadata, ['gemma2.attention.sliding_window_pattern', 6]]), 'm'), { kind: 'unsupported', message: /sliding_window_pattern 6/u });
});
