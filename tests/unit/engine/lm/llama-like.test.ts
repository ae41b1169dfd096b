import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GgufFields, parseConfig } from '../../../../src/engine/lm/configs.ts';
import { describeLlama, describeLlamaGguf, llamaSchema, readRope, slidingWindows, usableConfig } from '../../../../src/engine/lm/llama-like.ts';

const fields = parseConfig(llamaSchema, { num_hidden_layers: 3, hidden_size: 24, num_attention_heads: 6, intermediate_size: 40, max_position_embeddings: 64, vocab_size: 67 }, 'm');

test('a rotation of a kind that is not computed is refused by the field that asks for it', () => {
  assert.deepEqual(readRope({ rope_parameters: { rope_theta: 5, rope_type: 'default' } }, 'm').ropeTheta, 5);
  assert.throws(() => readRope({ rope_parameters: { full_attention: {}, sliding_attention: {} } }, 'm'), { kind: 'unsupported', message: /full_attention/u });
  assert.throws(() => describeLlama('llama', { ...fields, rope_parameters: { partial_rotary_factor: 0.5 } }, 'm'), { kind: 'unsupported', message: /partial_rotary_factor 0\.5/u });
  assert.throws(() => describeLlama('llama', { ...fields, partial_rotary_factor: 0.5 }, 'm'), { kind: 'unsupported' });
  assert.throws(() => usableConfig(describeLlama('llama', { ...fields, rope_scaling: { type: 'dynamic', factor: 2 } }, 'm')), { kind: 'unsupported', message: /dynamic/u });
});

test('windows stand where layer_types says, or where the family has them', () => {
  const upper = (layer: number): boolean => layer >= 2;
  assert.deepEqual(slidingWindows(fields, 8, upper, 'm'), [null, null, 8]);
  const typed = { ...fields, layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'] };
  assert.deepEqual(slidingWindows(typed, 8, upper, 'm'), [8, null, 8]);
  assert.throws(() => slidingWindows(typed, null, upper, 'm'), { kind: 'bad-config', message: /block 0.*no sliding_window/u });
  assert.throws(() => slidingWindows({ ...fields, layer_types: ['full_attention'] }, 8, upper, 'm'), { kind: 'bad-config', message: /1 entries for 3 blocks/u });
  assert.throws(() => slidingWindows({ ...typed, layer_types: ['chunked_attention', 'full_attention', 'full_attention'] }, 8, upper, 'm'), { kind: 'unsupported', message: /chunked_attention/u });
});

test('GGUF files of experts, of part rotations and of attention both ways are refused by their key', () => {
  const metadata: [string, string | number | boolean][] = [
    ['general.architecture', 'llama'], ['llama.block_count', 3], ['llama.embedding_length', 24], ['llama.attention.head_count', 6], ['llama.feed_forward_length', 40], ['llama.context_length', 64], ['llama.vocab_size', 67],
  ];
  const read = (...more: [string, string | number | boolean][]): unknown => describeLlamaGguf('llama', new GgufFields(new Map([...metadata, ...more]), 'm'), 'm');
  read(['llama.rope.dimension_count', 4], ['llama.expert_count', 0]);
  assert.throws(() => read(['llama.expert_count', 8]), { kind: 'unsupported', message: /llama\.expert_count/u });
  assert.throws(() => read(['llama.rope.dimension_count', 2]), { kind: 'unsupported', message: /rope\.dimension_count 2 in heads of 4/u });
  assert.throws(() => read(['llama.attention.causal', false]), { kind: 'unsupported', message: /attention\.causal/u });
});
