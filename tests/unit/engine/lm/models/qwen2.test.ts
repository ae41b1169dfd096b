import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadBackend } from '../../../../../src/engine/backend/load.ts';
import { qwen2 } from '../../../../../src/engine/lm/models/qwen2.ts';
import { assertSameModel } from '../../../../support/gguf-models.ts';

before(() => loadBackend());
const plain = {
  model_type: 'qwen2', num_hidden_layers: 3, hidden_size: 24, num_attention_heads: 6, num_key_value_heads: 2, intermediate_size: 40, max_position_embeddings: 64, vocab_size: 67,
  rope_theta: 1e6, sliding_window: 32, max_window_layers: 1, use_sliding_window: false, tie_word_embeddings: true,
};

test('a window holds from max_window_layers on, and only where it is switched on', () => {
  assert.deepEqual(qwen2.readHuggingFace(plain, 'm').windows, [null, null, null]);
  assert.deepEqual(qwen2.readHuggingFace({ ...plain, use_sliding_window: true }, 'm').windows, [null, 32, 32]);
  assert.deepEqual(qwen2.readHuggingFace({ ...plain, use_sliding_window: true, layer_types: ['full_attention', 'full_attention', 'sliding_attention'] }, 'm').windows, [null, null, 32]);
  assert.equal(qwen2.readHuggingFace(plain, 'm').ropeTheta, 1e6);
});

test('the long-context rotation of Qwen2.5 is refused, not left out', () => {
  assert.throws(() => qwen2.readHuggingFace({ ...plain, rope_scaling: { type: 'yarn', factor: 4, original_max_position_embeddings: 32768 } }, 'm'), { kind: 'unsupported', message: /yarn/u });
});

test('the GGUF file of llama.cpp\'s converter is the same model without its window, which the format does not keep', () => {
  assertSameModel('qwen2', 'qwen2', { windows: [null, null] });
});
