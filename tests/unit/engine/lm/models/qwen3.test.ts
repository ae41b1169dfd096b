import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { qwen3 } from '../../../../../src/engine/lm/models/qwen3.ts';
import { assertSameModel } from '../../../../support/gguf-models.ts';

before(() => loadBackend());
const plain = {
  model_type: 'qwen3', num_hidden_layers: 2, hidden_size: 24, num_attention_heads: 6, num_key_value_heads: 2, intermediate_size: 40, max_position_embeddings: 64, vocab_size: 67,
};

test('heads have a width of their own: what head_dim says, 128 where it says nothing', () => {
  assert.equal(qwen3.readHuggingFace({ ...plain, head_dim: 8 }, 'm').dHead, 8);
  assert.equal(qwen3.readHuggingFace(plain, 'm').dHead, 128);
});

test('windows are those of Qwen2, and other rotations refused as there', () => {
  assert.deepEqual(qwen3.readHuggingFace({ ...plain, use_sliding_window: true, sliding_window: 16, max_window_layers: 1 }, 'm').windows, [null, 16]);
  assert.throws(() => qwen3.readHuggingFace({ ...plain, rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'm'), { kind: 'unsupported', message: /yarn/u });
});

test('the GGUF file of llama.cpp\'s converter is the same model, the norms of its heads among them', () => assertSameModel('qwen3', 'qwen3', {}));
