import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bert } from '../../../../../src/engine/lm/encoders/bert.ts';

const config = { num_hidden_layers: 2, hidden_size: 24, num_attention_heads: 3, intermediate_size: 40, vocab_size: 90, max_position_embeddings: 48 };

test('the shape is read out of config.json, with the defaults of transformers', () => {
  assert.deepEqual(bert.readHuggingFace(config, 'tiny'), {
    family: 'bert', name: 'tiny', layers: 2, dModel: 24, heads: 3, dMlp: 40, vocab: 90, positions: 48, tokenTypes: 2, normEps: 1e-12, activation: 'gelu', padTokenId: 0,
  });
});

test('what Loupe does not compute is refused by name', () => {
  assert.throws(() => bert.readHuggingFace({ ...config, position_embedding_type: 'relative_key' }, 'x'), { kind: 'unsupported', message: /relative_key/ });
  assert.throws(() => bert.readHuggingFace({ ...config, is_decoder: true }, 'x'), { kind: 'unsupported', message: /is_decoder/ });
  assert.throws(() => bert.readHuggingFace({ ...config, hidden_act: 'swish' }, 'x'), { kind: 'bad-config', message: /hidden_act/ });
});

test('sizes that do not fit or are absurd are refused', () => {
  assert.throws(() => bert.readHuggingFace({ ...config, num_attention_heads: 5 }, 'x'), { kind: 'bad-config', message: /5 heads cannot share a width of 24/ });
  assert.throws(() => bert.readHuggingFace({ ...config, num_hidden_layers: 1e9 }, 'x'), { kind: 'bad-config', message: /num_hidden_layers/ });
});
